/** `usage`: who runs what, and when last. */
import { operationUsage } from './admin-answers.ts';
import type { Command } from './command.ts';
import { EXIT } from './command-failure.ts';
import { daysOf, daysOption } from './days-option.ts';
import { minute } from './points-in-time.ts';
import { shortId } from './short-id.ts';
import { table } from './table.ts';

export const usage: Command = {
  summary: 'Shows which client runs which operation, how often and when last',
  options: {
    client: { type: 'string', value: '<name>', help: 'only of this app' },
    days: daysOption,
  },
  details: [
    'Client and version are what requests say of themselves; what a cache in front answered is not in it.',
    'A use shows after a minute, when the next request comes by; what an isolate counted since it last wrote ends with it.',
  ].join('\n'),
  async run(call) {
    const client = call.optionalText('client');
    const days = daysOf(call);
    const query = new URLSearchParams({ days: String(days), ...(client === undefined ? {} : { client }) });
    const { usage: used } = await call.gateway().get(`/admin/usage?${query}`, operationUsage);
    const rows = used.toSorted((a, b) => b.count - a.count);
    const text = table(
      [
        { title: 'operation', text: ({ name }) => name ?? '-' },
        { title: 'id', text: ({ operationId }) => shortId(operationId) },
        { title: 'client', text: (row) => row.client ?? '-' },
        { title: 'version', text: ({ version }) => version ?? '-' },
        { title: 'count', align: 'right', text: ({ count }) => String(count) },
        { title: 'first used', text: ({ firstSeen }) => minute(firstSeen) },
        { title: 'last used', text: ({ lastSeen }) => minute(lastSeen) },
      ],
      rows,
    );
    return {
      exitCode: EXIT.ok,
      text: rows.length === 0 ? `No use in the last ${days} days.` : text,
      answer: { days, usage: rows },
    };
  },
};
