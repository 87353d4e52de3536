import { locatedError } from 'graphql';

const PREFIX = 'Unexpected error value: ';

/** A value as graphql-js prints it in its messages: its printer is not exported, but what it says of a thrown value is. */
export function inspected(value: unknown): string {
  // An error would be taken for itself, so it is shown to the printer as the JSON of something else.
  const shown = value instanceof Error ? { toJSON: () => value } : value;
  return locatedError(shown, undefined).message.slice(PREFIX.length);
}
