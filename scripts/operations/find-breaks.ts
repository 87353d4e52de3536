/**
 * Finds the operations that a new schema breaks, for apps that were built with the old schema and are not built again.
 *
 * Validation decides if a document still runs. Two breaks are invisible to it and follow from both schemas: answers
 * that the app's types do not allow, and variables that the app sends and the schema refuses. An addition is no break:
 * a new field, argument with a default, enum value, or member of a union.
 */
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { type DocumentNode, GraphQLError, type GraphQLSchema, parse, validate } from 'graphql';
import type { LiveOperation } from './admin-answers.ts';
import { answerBreaks } from './answer-breaks.ts';
import { nullBreaks } from './null-breaks.ts';
import { variableBreaks } from './variable-breaks.ts';

export interface Break {
  /** `DOCUMENT`: it does not run any more. `ANSWER` and `VARIABLES`: it may run, and the app may fail. */
  kind: 'DOCUMENT' | 'ANSWER' | 'VARIABLES';
  message: string;
}

export interface BrokenOperation extends Omit<LiveOperation, 'document'> {
  breaks: Break[];
}

/** The operations that are used most come first. */
export function findBreaks(
  operations: readonly LiveOperation[],
  oldSchema: GraphQLSchema,
  newSchema: GraphQLSchema,
): BrokenOperation[] {
  return operations
    .map(({ document, ...operation }) => ({
      ...operation,
      breaks: operationBreaks(document, oldSchema, newSchema),
    }))
    .filter(({ breaks }) => breaks.length > 0)
    .toSorted((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}

function operationBreaks(document: string, oldSchema: GraphQLSchema, newSchema: GraphQLSchema): Break[] {
  let parsed: DocumentNode;
  try {
    parsed = parse(document);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return [{ kind: 'DOCUMENT', message: error.message }];
  }
  const breaks: Break[] = [
    ...validate(newSchema, parsed, undefined, { hideSuggestions: true }).map(({ message }) => ({
      kind: 'DOCUMENT' as const,
      message,
    })),
    ...answerBreaks(parsed, oldSchema, newSchema).map((message) => ({ kind: 'ANSWER' as const, message })),
    ...[nullBreaks, variableBreaks].flatMap((find) =>
      find(parsed, oldSchema, newSchema).map((message) => ({ kind: 'VARIABLES' as const, message })),
    ),
  ];
  const messages = new Set<string>();
  return breaks.filter(({ message }) => !messages.has(message) && messages.add(message));
}

export interface SchemaChange {
  level: 'breaking' | 'dangerous' | 'safe';
  message: string;
}

const LEVELS = {
  [CriticalityLevel.Breaking]: 'breaking',
  [CriticalityLevel.Dangerous]: 'dangerous',
  [CriticalityLevel.NonBreaking]: 'safe',
} as const;

/** GraphQL Inspector's list of all changes, with those that no live operation notices. */
export async function schemaChanges(
  oldSchema: GraphQLSchema,
  newSchema: GraphQLSchema,
): Promise<SchemaChange[]> {
  const changes = await diff(oldSchema, newSchema);
  const order = Object.values(LEVELS);
  return changes
    .map(({ criticality, message }) => ({ level: LEVELS[criticality.level], message }))
    .toSorted((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
}
