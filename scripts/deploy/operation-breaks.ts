import { type GraphQLSchema, parse, validate } from 'graphql';
import type { LiveOperation } from '../operations/admin-answers.ts';
import { findBreaks } from '../operations/find-breaks.ts';

export const SHOWN_OPERATIONS = 20;

export type Broken = ReturnType<typeof findBreaks>;

/**
 * The operations that the new schema breaks, and apart from them those that the old one cannot run either: a version that was rolled
 * back may have brought them.
 */
export function breaksOf(
  operations: readonly LiveOperation[],
  oldSchema: GraphQLSchema | undefined,
  newSchema: GraphQLSchema,
) {
  const runsBefore = (operation: LiveOperation) => oldSchema === undefined || runsOn(oldSchema, operation);
  const breaks = (among: readonly LiveOperation[]) => findBreaks(among, oldSchema ?? newSchema, newSchema);
  return {
    broken: breaks(operations.filter(runsBefore)),
    brokenBefore: breaks(operations.filter((operation) => !runsBefore(operation))),
  };
}

function runsOn(schema: GraphQLSchema, { document }: LiveOperation): boolean {
  try {
    return validate(schema, parse(document), undefined, { maxErrors: 1 }).length === 0;
  } catch {
    // It is no document.
    return false;
  }
}

/** One line for each, and the rest as a count. */
export function operationLines(broken: Broken, what: string): string[] {
  const shown = broken.slice(0, SHOWN_OPERATIONS).map(({ name, id }) => `${name} (${id}) ${what}`);
  const more = broken.length - shown.length;
  return more > 0 ? [...shown, `and ${more} more`] : shown;
}
