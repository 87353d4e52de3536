/**
 * One text for equal values and another for different ones: what JSON and deep equality let pass is told apart here
 * (key order, prototypes, `undefined`, `NaN`, `-0`, symbols, kinds of errors).
 */
import { GraphQLError } from 'graphql';

export function described(value: unknown, seen: readonly unknown[] = []): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
      return `${value}n`;
    case 'function':
      return `function ${value.name}`;
    case 'object':
      return value === null ? 'null' : describedObject(value, seen);
    default:
      return String(value);
  }
}

/**
 * As `described`, but for the prototype of plain objects: graphql-js's response objects have none, a plan's have
 * `Object.prototype`, which is the one difference that `execute.ts` states.
 */
export function describedResult(result: unknown): string {
  return described(result).replaceAll('bare{', '{');
}

function describedObject(value: object, seen: readonly unknown[]): string {
  if (seen.includes(value)) {
    return '<seen above>';
  }
  const above = [...seen, value];
  if (value instanceof Error) {
    return describedError(value, above);
  }
  if (Array.isArray(value)) {
    return `[${value.map((item) => described(item, above)).join(', ')}]`;
  }
  if (value instanceof Map || value instanceof Set) {
    return `${value.constructor.name}${described([...value], above)}`;
  }
  const entries = Object.entries(value).map(([key, item]) => `${key}: ${described(item, above)}`);
  return `${prototypeName(value)}{${entries.join(', ')}}`;
}

/** An object that inherits nothing is bare, be its prototype null or empty. */
function prototypeName(value: object): string {
  const prototype = Object.getPrototypeOf(value);
  if (
    prototype === null ||
    (Object.getPrototypeOf(prototype) === null && Reflect.ownKeys(prototype).length === 0)
  ) {
    return 'bare';
  }
  return prototype === Object.prototype ? '' : `${prototype.constructor?.name} `;
}

function describedError(error: Error, above: readonly unknown[]): string {
  if (!(error instanceof GraphQLError)) {
    const more = Object.keys(error).length === 0 ? '' : ` ${described({ ...error }, above)}`;
    const cause = error.cause === undefined ? '' : ` cause ${described(error.cause, above)}`;
    return `${error.name}(${error.message})${more}${cause}`;
  }
  const { message, path, locations, extensions, originalError, positions } = error;
  const seen = { path, locations, positions, extensions, originalError };
  return `GraphQLError(${message}) ${described(seen, above)}`;
}
