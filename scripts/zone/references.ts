/** Items name others by name in zone/, and by id in the API. */
import type { Kind } from '../../zone/item-kinds.ts';
import type { Fields } from './zone-items.ts';

const REFERENCES: Partial<Record<Kind, Readonly<Record<string, Kind>>>> = {
  pool: { monitor: 'monitor' },
  'load balancer': { default_pools: 'pool', fallback_pool: 'pool' },
};

/** @param translate gives what stands for a name or an id; where there is none, it stays. */
export function translateReferences(
  kind: Kind,
  fields: Fields,
  translate: (kind: Kind, reference: string) => string | undefined,
): Fields {
  const translated = Object.entries(REFERENCES[kind] ?? {}).map(([field, referred]) => {
    const one = (reference: unknown) => translate(referred, String(reference)) ?? reference;
    const value = fields[field];
    return [field, Array.isArray(value) ? value.map(one) : one(value)];
  });
  return { ...fields, ...Object.fromEntries(translated) };
}
