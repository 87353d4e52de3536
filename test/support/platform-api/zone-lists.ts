/** Lists of the account, without their items. */

import { byId, newId, now, removeById } from './described-items.ts';
import { ApiError, type Resource } from './resource.ts';

const LISTS = '/accounts/:accountId/rules/lists';

const NO_SUCH_LIST = 10_001;
const NAME_IS_TAKEN = 10_021;
const IS_REFERRED_TO = 10_035;

export const zoneLists: Resource = [
  { method: 'GET', path: LISTS, handle: (_request, { zone: { lists } }) => lists },
  {
    method: 'POST',
    path: LISTS,
    handle(request, { zone: { lists } }) {
      const draft = request.json<{ name: string }>();
      if (lists.some(({ name }) => name === draft.name))
        throw new ApiError(400, NAME_IS_TAKEN, `a list with the name ${draft.name} already exists`);
      const list = {
        ...draft,
        id: newId(),
        num_items: 0,
        num_referencing_filters: 0,
        created_on: now(),
        modified_on: now(),
      };
      lists.push(list);
      return list;
    },
  },
  {
    method: 'PUT',
    path: `${LISTS}/:id`,
    handle(request, { zone: { lists } }) {
      const list = byId(lists, request.param('id'), NO_SUCH_LIST, 'list');
      const { description } = request.json<{ description?: string }>();
      return Object.assign(list, { description, modified_on: now() });
    },
  },
  {
    method: 'DELETE',
    path: `${LISTS}/:id`,
    handle(request, { zone: { lists, rulesets } }) {
      const { id, name } = byId(lists, request.param('id'), NO_SUCH_LIST, 'list');
      const rules = [...rulesets.values()].flatMap((ruleset) => ruleset.rules);
      if (rules.some(({ expression }) => String(expression).includes(`$${name}`)))
        throw new ApiError(400, IS_REFERRED_TO, 'the list is referred to by a rule');
      return removeById(lists, id, NO_SUCH_LIST, 'list');
    },
  },
];
