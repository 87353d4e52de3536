/** Compares the fields that are desired with those that are there. */
import type { DesiredRule, Fields, FoundRule } from './zone-items.ts';

export interface Difference {
  /** Such as `origins.api1.weight`. */
  path: string;
  /** Undefined where it is not there. */
  before: unknown;
  /** Undefined where it is not desired. */
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

/** Values that the platform fills in and that are not empty: a managed ruleset is executed in its latest version. */
const FILLED_IN: Fields = { 'action_parameters.version': 'latest' };

/** A field that is desired has its value. Others are the platform's defaults, and no difference. */
export const differencesOf = (desired: Fields, found: Fields): Difference[] =>
  compareObjects(desired, found, '', false);

/**
 * A rule as a whole: parameters that somebody added to it by hand are a difference too, unless they are empty or false, as the
 * platform's defaults are. `logging` is the platform's own where the rule says nothing of it.
 */
export function ruleDifferences(desired: DesiredRule, found: FoundRule): Difference[] {
  return WRITTEN_FIELDS.flatMap((field) => {
    if (field === 'enabled') return compare(desired.enabled ?? true, found.enabled ?? true, field, true);
    if (field === 'logging' && desired.logging === undefined) return [];
    return compare(desired[field], found[field], field, true);
  });
}

function compareObjects(desired: Fields, found: Fields, path: string, isWhole: boolean): Difference[] {
  const names = isWhole ? new Set([...Object.keys(desired), ...Object.keys(found)]) : Object.keys(desired);
  return [...names].flatMap((name) =>
    compare(desired[name], found[name], path === '' ? name : `${path}.${name}`, isWhole),
  );
}

function compare(desired: unknown, found: unknown, path: string, isWhole: boolean): Difference[] {
  if (desired === undefined && !isWhole) return [];
  if (isNothing(desired) && (isNothing(found) || (isWhole && found === FILLED_IN[path]))) return [];
  if (isObject(desired) && isObject(found)) return compareObjects(desired, found, path, isWhole);
  if (Array.isArray(desired) && Array.isArray(found)) return compareArrays(desired, found, path, isWhole);
  return desired === found ? [] : [{ path, before: found, now: desired }];
}

/** Things with names are compared by name, in any order; characteristics of a rate limit are a set. */
function compareArrays(desired: unknown[], found: unknown[], path: string, isWhole: boolean): Difference[] {
  const isNamed = [...desired, ...found].every((one) => isObject(one) && typeof one.name === 'string');
  if (isNamed) {
    return compareObjects(byName(desired as Fields[]), byName(found as Fields[]), path, isWhole).concat(
      isWhole ? [] : surplusNames(desired as Fields[], found as Fields[], path),
    );
  }
  const [now, before] = path.endsWith('.characteristics')
    ? [desired.toSorted(), found.toSorted()]
    : [desired, found];
  const isSame =
    now.length === before.length &&
    now.every((one, index) => compare(one, before[index], path, isWhole).length === 0);
  return isSame ? [] : [{ path, before: found, now: desired }];
}

const byName = (named: readonly Fields[]): Fields =>
  Object.fromEntries(named.map((one) => [String(one.name), one]));

function surplusNames(desired: readonly Fields[], found: readonly Fields[], path: string): Difference[] {
  const names = new Set(desired.map(({ name }) => name));
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
