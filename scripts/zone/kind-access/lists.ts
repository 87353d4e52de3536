import type { ListCreateParams } from 'cloudflare/resources/rules/lists/lists';
import { refusal } from '../../operations/command-failure.ts';
import { foundItem } from './found-item.ts';
import { type KindAccess, ONCE } from './kind-access.ts';

export const LISTS: KindAccess = {
  permissions: [{ name: 'Account Filter Lists: Edit', of: 'account' }],
  isOfAccount: true,
  async list({ client, accountId: account_id }) {
    const { result } = await client.rules.lists.list({ account_id });
    return result.map((list) => foundItem('list', list.name, { ...list }));
  },
  create: async ({ client, accountId: account_id }, fields) =>
    (await client.rules.lists.create({ account_id, ...fields } as ListCreateParams, ONCE)).id,
  async change({ client, accountId: account_id }, { id, fields }, { kind, description }) {
    if (fields.kind !== kind)
      throw refusal(
        'OTHER_KIND',
        `a list keeps its kind, and it is one of ${fields.kind}: remove it by hand.`,
      );
    await client.rules.lists.update(id, { account_id, description: String(description) });
  },
  remove: ({ client, accountId: account_id }, { id }) => client.rules.lists.delete(id, { account_id }),
};
