import { locatedError } from 'graphql';

const PREFIX = 'Unexpected error value: ';

/** A value as printed by graphql-js, which does not export its printer but uses it for the message of a thrown value. */
export function inspected(value: unknown): string {
  // graphql-js would return the message of an error, so the error is wrapped as the JSON of another object.
  const shown = value instanceof Error ? { toJSON: () => value } : value;
  return locatedError(shown, undefined).message.slice(PREFIX.length);
}
