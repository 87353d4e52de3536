/** `chat-record`: what moderators, and a room by itself, have done in the room. */
import { Command, Option } from '@commander-js/extra-typings';
import { type RecordedAct, recordPage } from './admin-answers.ts';
import { nonEmpty, type Run } from './command.ts';
import { EXIT, wrongUse } from './command-failure.ts';
import { second } from './printed-values.ts';
import { table } from './table.ts';

const TITLES = ['act', 'at', 'by', 'action', 'message', 'user', 'seconds', 'reason'];

export const chatRecord = (run: Run) =>
  new Command('chat-record')
    .summary('Shows what moderators, and a room by itself, have done in the room')
    .description(
      'A room is named project:<id> or pool:<id>. Acts are never changed or deleted; the oldest are first.',
    )
    .argument('<room>', 'the room', nonEmpty)
    .addOption(new Option('--after <number>', 'only acts behind this one').argParser(actNumber).default(0))
    .action((room, { after }) =>
      run(async ({ gateway }) => {
        const acts: RecordedAct[] = [];
        for (let next: number | null = after; next !== null; ) {
          const query = new URLSearchParams({ room, after: String(next) });
          const page = await gateway().get(`/admin/chat/record?${query}`, recordPage);
          acts.push(...page.acts);
          next = page.next;
        }
        const rows = acts.map(({ number, at, actorId, action, sequence, userId, seconds, reason }) => [
          String(number),
          second(at),
          actorId ?? 'the room',
          action,
          sequence === null ? '-' : String(sequence),
          userId ?? '-',
          seconds === null ? '-' : String(seconds),
          reason ?? '-',
        ]);
        const text =
          rows.length === 0 ? `Nothing is recorded of ${room}.` : table(TITLES, rows, ['act', 'seconds']);
        return { exitCode: EXIT.ok, text, answer: { room, acts } };
      }),
    );

function actNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw wrongUse(`${text} is not the number of an act`);
  return Number(text);
}
