/** `off`, `on` and `limit`: change one operation while the gateway runs, whatever release carries it. */
import { styleText } from 'node:util';
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { type ShownOperation, type SteeredOperations, steeredOperations } from './admin-answers.ts';
import type { AdminClient } from './admin-client.ts';
import type { CommandResult, Run } from './command.ts';
import { EXIT, wrongUse } from './command-failure.ts';
import { findOperation, ID_HELP } from './find-operation.ts';
import { lifetime, purgeText } from './printed-values.ts';
import { table } from './table.ts';

/** As the gateway has it. */
const LIMIT_MAX_MS = 30_000;
const SAME_TEXT =
  'Operations with the same text or another layout of it are changed together, under all of their ids.';

export const off = (run: Run) =>
  new Command('off')
    .summary('Switches an operation off: every request for it is refused with 503')
    .description(
      [
        ID_HELP,
        'Refused are HTTP, /api, WebSockets and event streams, and answers from memory too. A running subscription ends with its next event.',
        SAME_TEXT,
        'on undoes it.',
      ].join('\n'),
    )
    .argument('<id>')
    .action((id) =>
      run(async ({ gateway }) => {
        const operation = await findOperation(gateway(), id);
        const change = await steer(gateway(), 'off', { id: operation.id });
        const notes = [purgeText(change.purge, lifetimeOf(operation))];
        return steered('Switched off:', 'It is switched off already.', change, notes);
      }),
    );

export const on = (run: Run) =>
  new Command('on')
    .summary('Switches an operation on again')
    .description([ID_HELP, SAME_TEXT, 'Its time limit stays.'].join('\n'))
    .argument('<id>')
    .action((id) =>
      run(async ({ gateway }) => {
        const operation = await findOperation(gateway(), id);
        const change = await steer(gateway(), 'on', { id: operation.id });
        return steered('Switched on:', 'It is on already.', change);
      }),
    );

export const limit = (run: Run) =>
  new Command('limit')
    .summary('Gives an operation a time limit: a longer execution is cancelled, and answered with 504')
    .description(
      [
        ID_HELP,
        'Only executions count: answers from caches have no limit, and a cancelled refresh leaves the answer that is kept. Each event of a subscription has the limit.',
        'Calls that are under way are not taken back, so a mutation gets no limit.',
        SAME_TEXT,
      ].join('\n'),
    )
    .argument('<id>')
    .option('--ms <number>', `the longest execution, 1 to ${LIMIT_MAX_MS} milliseconds`, milliseconds)
    .option('--none', 'takes the limit away')
    .action((id, { ms, none }) =>
      run(async ({ gateway }) => {
        if ((ms === undefined) === (none === undefined)) throw wrongUse('Give either --ms or --none.');
        const operation = await findOperation(gateway(), id);
        const change = await steer(gateway(), 'limit', { id: operation.id, timeLimitMs: ms ?? null });
        return ms === undefined
          ? steered('Without a limit now:', 'It has no limit.', change)
          : steered(`Limited to ${ms} ms:`, `It is limited to ${ms} ms already.`, change);
      }),
    );

function milliseconds(text: string): number {
  const ms = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (ms < 1 || ms > LIMIT_MAX_MS)
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${LIMIT_MAX_MS}.`);
  return ms;
}

const steer = (gateway: AdminClient, change: 'off' | 'on' | 'limit', body: object) =>
  gateway.send('POST', `/admin/operations/${change}`, body, steeredOperations);

function steered(
  title: string,
  unchanged: string,
  change: SteeredOperations,
  notes: readonly string[] = [],
): CommandResult {
  const { operations, changed, visibleEverywhereAt } = change;
  const rows = operations.map(({ name, kind, id }) => [name, kind, id]);
  const text = [
    changed.length === 0 ? unchanged : styleText('bold', title),
    table(['name', 'kind', 'id'], rows),
    `Every location has it from ${visibleEverywhereAt} on.`,
    ...notes,
  ].join('\n\n');
  return { exitCode: EXIT.ok, text, answer: change };
}

function lifetimeOf({ kind, cachePolicy: { scope, maxAgeSeconds } }: ShownOperation): string {
  const isKept = kind === 'query' && scope === 'public' && maxAgeSeconds !== null;
  return isKept ? `their max-age of ${lifetime(maxAgeSeconds)}` : 'no time at all';
}
