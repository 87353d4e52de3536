/** What `check` found, for a reader. */
import { styleText } from 'node:util';
import type { BrokenOperation, SchemaChange } from './find-breaks.ts';
import { releaseNames } from './release-names.ts';
import { shortId } from './short-id.ts';
import { printable, table } from './table.ts';

export interface CheckAnswer {
  days: number;
  /** What was compared with: a file or a commit. */
  from: string;
  /** How many were looked at. */
  operations: number;
  broken: BrokenOperation[];
  changes: SchemaChange[];
}

const LEVEL_STYLES = { breaking: 'red', dangerous: 'yellow', safe: 'green' } as const;

export function checkText({ days, from, operations, broken, changes }: CheckAnswer): string {
  const parts =
    broken.length === 0
      ? [styleText('green', `None of ${operations} live operations breaks.`)]
      : [
          styleText('red', `${broken.length} of ${operations} live operations break:`),
          ...broken.map((operation) => brokenText(operation, days)),
        ];
  if (changes.length > 0) {
    const rows = table<SchemaChange>(
      [
        { title: 'level', text: ({ level }) => level, style: ({ level }) => LEVEL_STYLES[level] },
        { title: 'change', text: ({ message }) => message },
      ],
      changes,
    );
    parts.push(
      `All that changes in the schema since ${from}, whether a live operation uses it or not:\n${rows}`,
    );
  } else if (broken.length === 0) parts.push(`The schema is the same as that of ${from}.`);
  return parts.join('\n\n');
}

function brokenText({ id, name, releases, count, breaks }: BrokenOperation, days: number): string {
  return [
    `${styleText('bold', printable(name))}  ${shortId(id)}  ${count} uses in ${days} days`,
    `  carried by ${printable(releaseNames(releases))}`,
    ...breaks.map(({ message }) => `  - ${printable(message)}`),
  ].join('\n');
}
