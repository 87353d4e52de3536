import { decodeGlobalId } from '../../schema/global-ids.ts';

const WORDS = ['type', 'status', 'kind', 'failure'];

/** A value of a GraphQL answer as `/api` writes it: ids and words of the platform, instants in Unix seconds. */
export function platformForm(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => platformForm(item));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, platformForm(held, key)]));
  if (typeof value !== 'string') return value;
  if (name === 'id') return decodeGlobalId(value)?.id;
  if (WORDS.includes(name)) return value.toLowerCase();
  return /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) / 1000 : value;
}
