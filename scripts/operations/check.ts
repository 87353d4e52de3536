/** `check`: finds the live operations that a schema would break, or those of a release that cost more than before. */
import { styleText } from 'node:util';
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { type LiveOperation, liveOperations } from './admin-answers.ts';
import { checkBudget } from './check-budget.ts';
import { daysOption, nonEmpty, type Run } from './command.ts';
import { EXIT, wrongUse } from './command-failure.ts';
import { type BrokenOperation, findBreaks, type SchemaChange, schemaChanges } from './find-breaks.ts';
import { releaseNames, shortId } from './printed-values.ts';
import { lastCommittedSchema, readOldSchema, readSchema, SCHEMA_FILE } from './read-schema.ts';
import { readText } from './read-text.ts';
import { printable, table } from './table.ts';

interface CheckAnswer {
  days: number;
  /** The file or commit of the old schema. */
  from: string;
  /** The number of live operations. */
  operations: number;
  broken: BrokenOperation[];
  changes: SchemaChange[];
}

const LEVEL_STYLES = { breaking: 'red', dangerous: 'yellow', safe: 'green' } as const;

export const check = (run: Run) =>
  new Command('check')
    .summary('Lists the live operations that a schema would break, and the releases that carry them')
    .description(
      [
        `Compares a schema file (default: ${SCHEMA_FILE}, as it lies here) with the schema that runs now: the one that --from names, or else ${SCHEMA_FILE} at git HEAD, the last commit.`,
        'Once a change is committed, as in CI, name what is deployed with --from: HEAD has the change by then, and a schema breaks nothing in comparison with itself. Outside a git checkout, --from is required.',
        'With --budget it compares a release of an app with its last one instead: an operation that costs more by this share, in D1 rows, bytes or dollars of its measured requests, or in registered cost where there are too few, fails.',
        'Exit code 1 where the schema breaks an operation or one is over the budget. The other changes are the list of GraphQL Inspector; they do not count for the exit code.',
      ].join('\n'),
    )
    .argument('[schema.graphql]')
    .option(
      '--from <file or commit>',
      `the schema that runs now (default: ${SCHEMA_FILE} at git HEAD)`,
      nonEmpty,
    )
    .option(
      '--operations <file>',
      'live operations from a file, as `check` would fetch them: asks no gateway',
      nonEmpty,
    )
    .addOption(daysOption())
    .option('--budget <percent>', 'how much more an operation of a release may cost: 10%', percentage)
    .option('--client <name>', 'with --budget: the app: ios', nonEmpty)
    .option('--version <version>', 'with --budget: its published release: 5.3.0', nonEmpty)
    .option('--manifest <file or folder>', 'with --budget: a release that is not published yet', nonEmpty)
    .option(
      '--against <version>',
      'with --budget: the release to compare with (default: the last one)',
      nonEmpty,
    )
    .action((file = SCHEMA_FILE, { from, operations: operationsFile, days, budget, ...release }) =>
      run(async ({ gateway }) => {
        if (budget !== undefined) {
          const options = { budget, days, ...budgetRelease(release) };
          return checkBudget(gateway(), options, Math.floor(Date.now() / 1000));
        }
        const newSchema = readSchema(file);
        const oldSchema = from === undefined ? lastCommittedSchema() : readOldSchema(from);
        const operations =
          operationsFile === undefined
            ? (await gateway().get(`/admin/live-operations?days=${days}`, liveOperations)).operations
            : readOperations(operationsFile);
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
      }),
    );

function percentage(text: string): number {
  const percent = /^(\d{1,4}(?:\.\d+)?)\s*%?$/.exec(text.trim())?.[1];
  if (percent === undefined) throw new InvalidArgumentError('It must be a percentage such as 10%.');
  return Number(percent) / 100;
}

interface ReleaseOptions {
  client?: string | undefined;
  version?: string | undefined;
  manifest?: string | undefined;
  against?: string | undefined;
}

function budgetRelease({ client, version, manifest, against }: ReleaseOptions) {
  if (client === undefined || (version === undefined) === (manifest === undefined))
    throw wrongUse('--budget needs --client, and either --version or --manifest.');
  return { client, version, manifest, against };
}

function readOperations(file: string): LiveOperation[] {
  try {
    return liveOperations.parse(JSON.parse(readText(file))).operations;
  } catch (error) {
    throw wrongUse(
      `--operations: ${file} holds no live operations: ${error instanceof Error ? error.message : error}`,
    );
  }
}

function checkText({ days, from, operations, broken, changes }: CheckAnswer): string {
  const parts =
    broken.length === 0
      ? [styleText('green', `None of ${operations} live operations breaks.`)]
      : [
          styleText('red', `${broken.length} of ${operations} live operations break:`),
          ...broken.map((operation) => brokenText(operation, days)),
        ];
  if (changes.length > 0) {
    const rows = table(
      ['level', 'change'],
      changes.map(({ level, message }) => [{ text: level, style: LEVEL_STYLES[level] }, message]),
    );
    parts.push(`All changes of the schema since ${from}, used by a live operation or not:\n${rows}`);
  } else if (broken.length === 0) parts.push(`The schema is the same as that of ${from}.`);
  return parts.join('\n\n');
}

export function brokenText({ id, name, releases, count, breaks }: BrokenOperation, days: number): string {
  return [
    `${styleText('bold', printable(name))}  ${shortId(id)}  ${count} uses in ${days} days`,
    `  carried by ${printable(releaseNames(releases))}`,
    ...breaks.map(({ message }) => `  - ${printable(message)}`),
  ].join('\n');
}
