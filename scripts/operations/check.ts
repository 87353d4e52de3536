/** `check`: would this schema break an app that somebody uses? */
import { readFileSync } from 'node:fs';
import { type LiveOperation, liveOperations } from './admin-answers.ts';
import { checkText } from './check-text.ts';
import type { Command, CommandCall } from './command.ts';
import { EXIT, wrongUse } from './command-failure.ts';
import { daysOf, daysOption } from './days-option.ts';
import { findBreaks, schemaChanges } from './find-breaks.ts';
import { lastCommittedSchema, readOldSchema, readSchema, SCHEMA_FILE } from './read-schema.ts';

export const check: Command = {
  summary: 'Lists the live operations that a schema would break, and the releases that carry them',
  argument: '[schema.graphql]',
  options: {
    from: {
      type: 'string',
      value: '<file or commit>',
      help: `the schema that runs now (default: ${SCHEMA_FILE} at git HEAD)`,
    },
    operations: {
      type: 'string',
      value: '<file>',
      help: 'live operations from a file, as `check` would fetch them: asks no gateway',
    },
    days: daysOption,
  },
  details: [
    `Compares the schema in the file (default: ${SCHEMA_FILE}, as it lies here) with the one that runs now:`,
    `the one that --from names, or else ${SCHEMA_FILE} at git HEAD, the last commit.`,
    'Once a change is committed, as in CI, name with --from what is deployed: HEAD has the change by then, and a',
    'schema breaks nothing in comparison with itself. Outside a git checkout, --from is required.',
    'Exit code 1 where the schema breaks an operation.',
    'The other changes are the list of GraphQL Inspector; they do not count for the exit code.',
  ].join('\n'),
  async run(call) {
    const days = daysOf(call);
    const newSchema = readSchema(call.argument ?? SCHEMA_FILE);
    const from = call.optionalText('from');
    const oldSchema = from === undefined ? lastCommittedSchema() : readOldSchema(from);
    const operations = await readOperations(call, days);
    const broken = findBreaks(operations, oldSchema, newSchema);
    const answer = {
      days,
      from: from ?? 'git HEAD',
      operations: operations.length,
      broken,
      changes: await schemaChanges(oldSchema, newSchema),
    };
    return {
      exitCode: broken.length > 0 ? EXIT.refused : EXIT.ok,
      text: checkText(answer),
      answer,
    };
  },
};

async function readOperations(call: CommandCall, days: number): Promise<LiveOperation[]> {
  const file = call.optionalText('operations');
  if (file === undefined)
    return (await call.gateway().get(`/admin/live-operations?days=${days}`, liveOperations)).operations;
  try {
    return liveOperations.parse(JSON.parse(readFileSync(file, 'utf8'))).operations;
  } catch (error) {
    throw wrongUse(
      `--operations: ${file} holds no live operations: ${error instanceof Error ? error.message : error}`,
    );
  }
}
