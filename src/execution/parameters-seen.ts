/**
 * Counts the parameters that a resolver can see.
 *
 * An arrow function has no `arguments`. If it lists only plain names and object patterns, it sees nothing else, so the
 * arguments behind them can be left out of the call. This saves time: most resolvers of leaf fields are
 * `(row) => row.name`, and making `info` and `args` costs more than the rest of the field. Any other function (with
 * defaults or rest parameters, methods, bound, native, proxied or compiled ones) is assumed to see all four.
 */
const ALL = 4;

const NAME = '[A-Za-z_$][\\w$]*';
const PROPERTY = `${NAME}(?:\\s*:\\s*${NAME})?`;
const PATTERN = `\\{\\s*${PROPERTY}(?:\\s*,\\s*${PROPERTY})*\\s*,?\\s*\\}`;
const PARAMETER = `(?:${NAME}|${PATTERN})`;
const PARAMETERS = `${PARAMETER}(?:\\s*,\\s*${PARAMETER})*\\s*,?`;
const ARROW = new RegExp(`^(?:async\\s*(?=\\())?(?:${NAME}|\\(\\s*(?<listed>${PARAMETERS})?\\s*\\))\\s*=>`);

// biome-ignore lint/suspicious/noExplicitAny: any function at all.
export function parametersSeen(resolve: (...args: any[]) => unknown): number {
  const arrow = ARROW.exec(Function.prototype.toString.call(resolve));
  // `length` is the same number, unless somebody has changed it.
  return arrow === null ? ALL : Math.max(resolve.length, listedParameters(arrow.groups?.listed));
}

function listedParameters(list: string | undefined): number {
  if (list === undefined) return 1;
  const withoutPatterns = list.replaceAll(/\{[^}]*\}/g, 'pattern');
  return withoutPatterns.split(',').filter((parameter) => parameter.trim() !== '').length;
}
