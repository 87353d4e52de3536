/** Records in DNS, in pages. */

import { byId, type Described, newId, now, removeById } from './described-items.ts';
import { ApiError, pageOf, type Resource } from './resource.ts';
import type { PlatformState } from './state.ts';

const RECORDS = '/zones/:zoneId/dns_records';
const PER_PAGE_BY_DEFAULT = 100;

const HOST_EXISTS = 81_053;
const IDENTICAL_RECORD = 81_058;
const NO_SUCH_RECORD = 81_044;
const NO_RECORD_NAME = 9000;

type Draft = Record<string, unknown> & { type: string; name: string; content: string };

const ADDRESS_TYPES = ['A', 'AAAA', 'CNAME'];

/** @throws ApiError 400, where the platform would not take the record beside the others. */
function check(draft: Draft, others: readonly Described[]): void {
  const named = others.filter(({ name }) => name === draft.name);
  if (named.some(({ type, content }) => type === draft.type && content === draft.content))
    throw new ApiError(400, IDENTICAL_RECORD, 'An identical record already exists.');
  const addresses = named.filter(({ type }) => ADDRESS_TYPES.includes(String(type)));
  const isAddress = ADDRESS_TYPES.includes(draft.type);
  if (isAddress && addresses.some(({ type }) => draft.type === 'CNAME' || type === 'CNAME'))
    throw new ApiError(400, HOST_EXISTS, 'An A, AAAA, or CNAME record with that host already exists.');
}

/** A name that is not of the zone gets the zone's behind it. */
function complete(draft: Draft, { zoneName }: PlatformState): Draft {
  if (typeof draft.name !== 'string' || draft.name === '')
    throw new ApiError(400, NO_RECORD_NAME, 'DNS name is invalid.');
  if (draft.name === '@') return { ...draft, name: zoneName };
  const isOfZone = draft.name === zoneName || draft.name.endsWith(`.${zoneName}`);
  return isOfZone ? draft : { ...draft, name: `${draft.name}.${zoneName}` };
}

/** With the fields that the platform adds. */
export function recordOf(draft: Record<string, unknown>): Described {
  return {
    proxied: false,
    ttl: 1,
    comment: null,
    tags: [],
    settings: {},
    meta: {},
    proxiable: ADDRESS_TYPES.includes(String(draft.type)),
    created_on: now(),
    modified_on: now(),
    ...draft,
    id: newId(),
  };
}

export const zoneRecords: Resource = [
  {
    method: 'GET',
    path: RECORDS,
    handle: (request, { zone: { records } }) => pageOf(records, request.url, PER_PAGE_BY_DEFAULT),
  },
  {
    method: 'POST',
    path: RECORDS,
    handle(request, state) {
      const draft = complete(request.json<Draft>(), state);
      check(draft, state.zone.records);
      const record = recordOf(draft);
      state.zone.records.push(record);
      return record;
    },
  },
  {
    method: 'PATCH',
    path: `${RECORDS}/:record`,
    handle(request, state) {
      const { records } = state.zone;
      const record = byId(records, request.param('record'), NO_SUCH_RECORD, 'Record');
      const draft = complete({ ...record, ...request.json<object>() } as unknown as Draft, state);
      check(
        draft,
        records.filter((one) => one !== record),
      );
      return Object.assign(record, draft, { modified_on: now() });
    },
  },
  {
    method: 'DELETE',
    path: `${RECORDS}/:record`,
    handle: (request, { zone: { records } }) =>
      removeById(records, request.param('record'), NO_SUCH_RECORD, 'Record'),
  },
];
