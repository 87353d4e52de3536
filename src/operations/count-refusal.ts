import { GraphQLError } from 'graphql';
import type { OperationUsage, Refusal } from './registered-operation.ts';

/**
 * Counts what a rule refused, under its code and its `extensions.rule`, and throws it on. What breaks no rule is a
 * mistake, such as a misspelt field, and is counted nowhere.
 */
export function countRefusal(error: unknown, usage: OperationUsage, about: Omit<Refusal, 'reason'>): never {
  if (error instanceof GraphQLError && error.extensions.rule !== undefined) {
    usage.refused({ ...about, reason: `${error.extensions.code}:${error.extensions.rule}` });
  }
  throw error;
}
