/** The part of an answer that is about one field, in a word. */

export interface FieldAnswer {
  data?: unknown;
  errors?:
    | readonly { path?: readonly (string | number)[]; extensions: Record<string, unknown> }[]
    | undefined;
}

/** No object has the field: one above it is null, or a list above it is empty. */
export const NO_OBJECT = '–';

/**
 * - `value`, `null` or `empty`: of a list, `value` if any item has one
 * - the error code of the field, or of a field above it
 * - `NO_OBJECT`
 * - of a root field, a Boolean, or a Rejection with its code
 *
 * @param path response names, without the positions of items
 */
export function outcomeOf({ data, errors = [] }: FieldAnswer, path: readonly string[]): string {
  const isAbove = (names: readonly (string | number)[]) => names.every((name, place) => name === path[place]);
  const codes = errors.map(({ path: errorPath = [], extensions }) => {
    const names = errorPath.filter((name) => typeof name === 'string');
    if (!isAbove(names)) throw new Error(`an error of ${names.join('.')} beside ${path.join('.')}`);
    return String(extensions.code);
  });
  if (codes.length > 0) return [...new Set(codes)].join(' ');
  const values = path.reduce<unknown[]>(
    (parents, name) =>
      parents.flatMap((parent) => itemsOf(parent)).map((item) => (item as Record<string, unknown>)[name]),
    [data],
  );
  if (values.length === 0) return NO_OBJECT;
  const present = values.filter((value) => value !== null && value !== undefined);
  if (present.length === 0) return 'null';
  if (present.every((value) => Array.isArray(value) && value.length === 0)) return 'empty';
  const [first] = present;
  if (path.length > 1) return 'value';
  return typeof first === 'boolean' ? String(first) : (rejectionOf(first) ?? 'value');
}

/** Those that are objects, of lists in lists too. */
const itemsOf = (value: unknown): unknown[] =>
  Array.isArray(value) ? value.flatMap(itemsOf) : typeof value === 'object' && value !== null ? [value] : [];

function rejectionOf(value: unknown): string | null {
  const { __typename, code } = value as { __typename?: string; code?: string };
  return __typename === 'Rejection' ? `Rejection ${code}` : null;
}
