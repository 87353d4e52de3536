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
      help: `the schema that runs now (default: ${SCHEMA_FILE} as committed last)`,
    },
    operations: {
      type: 'string',
      value: '<file>',
      help: 'live operations from a file, as `check` would fetch them: asks no gateway',
    },
    days: daysOption,
  },
  details: [
    `Without a file, the schema is ${SCHEMA_FILE}. Exit code 1 where it breaks an operation.`,
    'After a commit, name what runs now with --from: a schema breaks nothing in comparison with itself.',
    'The other changes are the list of GraphQL Inspector; they do not count for the exit code.',
  ].join('\n'),
  async run(call) {
    const days = daysOf(call);
    const newSchema = readSchema(call.argument ?? SCHEMA_FILE);
    const from = call.optionalText('from');
    const oldSchema = from === undefined ? (lastCommittedSchema() ?? newSchema) : readOldSchema(from);
    const operations = await readOperations(call, days);
    const broken = findBreaks(operations, oldSchema, newSchema);
    const answer = {
      days,
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
