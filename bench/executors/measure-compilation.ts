/** How long the project's own operations take to become plans: what the first request of an isolate pays. */
import { readdirSync, readFileSync } from 'node:fs';
import { type DocumentNode, parse } from 'graphql';
import { schema } from '../../schema/schema.ts';
import { operationPlan } from '../../src/execution/operation-plan.ts';

export interface CompilationRow {
  readonly operation: string;
  /** Median µs until the root can be executed; what is below the root is planned when an answer first gets there. */
  readonly microseconds: number;
}

const OPERATIONS = new URL('../../operations/', import.meta.url);

export function measureCompilation({ rounds }: { rounds: number }): CompilationRow[] {
  return readdirSync(OPERATIONS)
    .filter((file) => file.endsWith('.graphql'))
    .map((file) => {
      const text = readFileSync(new URL(file, OPERATIONS), 'utf8');
      const samples = Array.from({ length: rounds }, () => compile(parse(text)));
      return { operation: file, microseconds: samples.sort((one, other) => one - other)[rounds >> 1] ?? 0 };
    });
}

/** A document nobody has seen: plans are kept by document. */
function compile(document: DocumentNode): number {
  const begin = performance.now();
  const plan = operationPlan(schema, document, null);
  if (plan === null) throw new Error('a plan does not cover an operation of the project');
  plan.rootFor({});
  return (performance.now() - begin) * 1000;
}
