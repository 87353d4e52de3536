/**
 * What a new schema breaks for an app that was built with the old one and is never built again.
 *
 * Validation says whether a document still runs. What it does not see is told apart by comparing both schemas where the
 * document stands: answers that the app's types have no room for, and variables that it sends and nobody takes.
 * What only grows is no break: a new field, argument with a default, enum value, or member of a union.
 */
import { type DocumentNode, GraphQLError, type GraphQLSchema, parse, validate } from 'graphql';
import { answerBreaks } from './answer-breaks.ts';
import { variableBreaks } from './variable-breaks.ts';

export interface Break {
  /** `DOCUMENT`: it does not run any more. `ANSWER`, `VARIABLES`: it may run, and the app may fail. */
  kind: 'DOCUMENT' | 'ANSWER' | 'VARIABLES';
  message: string;
}

export function operationBreaks(
  document: string,
  oldSchema: GraphQLSchema,
  newSchema: GraphQLSchema,
): Break[] {
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
    ...variableBreaks(parsed, oldSchema, newSchema).map((message) => ({
      kind: 'VARIABLES' as const,
      message,
    })),
  ];
  const messages = new Set<string>();
  return breaks.filter(({ message }) => !messages.has(message) && messages.add(message));
}
