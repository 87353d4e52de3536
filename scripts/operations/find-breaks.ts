/** Breaks by operation, those first that are used most, and what else changes between two schemas. */
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import type { GraphQLSchema } from 'graphql';
import type { LiveOperation } from './admin-answers.ts';
import { type Break, operationBreaks } from './operation-breaks.ts';

export interface BrokenOperation extends Omit<LiveOperation, 'document'> {
  breaks: Break[];
}

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

export interface SchemaChange {
  level: 'breaking' | 'dangerous' | 'safe';
  message: string;
}

const LEVELS = {
  [CriticalityLevel.Breaking]: 'breaking',
  [CriticalityLevel.Dangerous]: 'dangerous',
  [CriticalityLevel.NonBreaking]: 'safe',
} as const;

/** GraphQL Inspector's list: what no live operation may notice today, and its reader should know. */
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
