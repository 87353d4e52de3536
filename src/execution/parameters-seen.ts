/**
 * How many of the four parameters of a resolver it can see.
 *
 * An arrow function has no `arguments` of its own. One that lists plain names, or takes its first parameter apart,
 * sees what it lists and nothing else: a call with fewer arguments than four is the same call to it. That is worth
 * knowing, because most resolvers of leaf fields are `(row) => row.name`, and `info` and `args` for them cost more than
 * the rest of the field. Of any other function (defaults, rest parameters, methods, bound, native, proxied, compiled to
 * something else) nothing is assumed.
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
  // Where the list says how many there are, `length` does too, unless somebody has set it to something else.
  return arrow === null ? ALL : Math.max(resolve.length, listedParameters(arrow.groups?.listed));
}

function listedParameters(list: string | undefined): number {
  if (list === undefined) return 1;
  const withoutPatterns = list.replaceAll(/\{[^}]*\}/g, 'pattern');
  return withoutPatterns.split(',').filter((parameter) => parameter.trim() !== '').length;
}
