/** Compares fields of what is wanted with those of what is there. */
import type { Fields, FoundRule, WantedRule } from './zone-items.ts';

export interface Difference {
  /** Such as `origins.api1.weight`. */
  path: string;
  /** Undefined where it is not there. */
  before: unknown;
  /** Undefined where it is not wanted. */
  now: unknown;
}

/** The fields of a rule that people write; all others are the platform's own, such as `version`. */
const WRITTEN_FIELDS = [
  'action',
  'expression',
  'description',
  'enabled',
  'action_parameters',
  'ratelimit',
  'logging',
] as const;

/** What the platform fills in by itself and is not empty: a managed ruleset is executed in its latest version. */
const FILLED_IN: Fields = { 'action_parameters.version': 'latest' };

/** A field that is wanted has its value. Others are the platform's defaults, and no difference. */
export const differencesOf = (wanted: Fields, found: Fields): Difference[] =>
  compareObjects(wanted, found, '', false);

/**
 * A rule as a whole: parameters that somebody added to it by hand are a difference too, unless they are empty or false, as the
 * platform's defaults are. `logging` is the platform's own where the rule says nothing of it.
 */
export function ruleDifferences(wanted: WantedRule, found: FoundRule): Difference[] {
  return WRITTEN_FIELDS.flatMap((field) => {
    if (field === 'enabled') return compare(wanted.enabled ?? true, found.enabled ?? true, field, true);
    if (field === 'logging' && wanted.logging === undefined) return [];
    return compare(wanted[field], found[field], field, true);
  });
}

function compareObjects(wanted: Fields, found: Fields, path: string, isWhole: boolean): Difference[] {
  const names = isWhole ? new Set([...Object.keys(wanted), ...Object.keys(found)]) : Object.keys(wanted);
  return [...names].flatMap((name) =>
    compare(wanted[name], found[name], path === '' ? name : `${path}.${name}`, isWhole),
  );
}

function compare(wanted: unknown, found: unknown, path: string, isWhole: boolean): Difference[] {
  if (wanted === undefined && !isWhole) return [];
  if (isNothing(wanted) && (isNothing(found) || (isWhole && found === FILLED_IN[path]))) return [];
  if (isObject(wanted) && isObject(found)) return compareObjects(wanted, found, path, isWhole);
  if (Array.isArray(wanted) && Array.isArray(found)) return compareArrays(wanted, found, path, isWhole);
  return wanted === found ? [] : [{ path, before: found, now: wanted }];
}

/** Things with names are compared by name, in any order; characteristics of a rate limit are a set. */
function compareArrays(wanted: unknown[], found: unknown[], path: string, isWhole: boolean): Difference[] {
  const isNamed = [...wanted, ...found].every((one) => isObject(one) && typeof one.name === 'string');
  if (isNamed) {
    return compareObjects(byName(wanted as Fields[]), byName(found as Fields[]), path, isWhole).concat(
      isWhole ? [] : unwantedNames(wanted as Fields[], found as Fields[], path),
    );
  }
  const [now, before] = path.endsWith('.characteristics')
    ? [wanted.toSorted(), found.toSorted()]
    : [wanted, found];
  const isSame =
    now.length === before.length &&
    now.every((one, index) => compare(one, before[index], path, isWhole).length === 0);
  return isSame ? [] : [{ path, before: found, now: wanted }];
}

const byName = (named: readonly Fields[]): Fields =>
  Object.fromEntries(named.map((one) => [String(one.name), one]));

function unwantedNames(wanted: readonly Fields[], found: readonly Fields[], path: string): Difference[] {
  const names = new Set(wanted.map(({ name }) => name));
  return found
    .filter(({ name }) => !names.has(name))
    .map((one) => ({ path: `${path}.${one.name}`, before: one, now: undefined }));
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The platform leaves such values out of its answers, or adds them. */
function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.values(value).every(isNothing);
}
