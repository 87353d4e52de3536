/** `audit`: what `safelist` would have refused, and what was refused, by whom and why. */
import { refusalCounts } from './admin-answers.ts';
import type { Command } from './command.ts';
import { EXIT } from './command-failure.ts';
import { daysOf, daysOption } from './days-option.ts';
import { minute } from './points-in-time.ts';
import { shortId } from './short-id.ts';
import { table } from './table.ts';

const AUDIT_PREFIX = 'audit:';

export const audit: Command = {
  summary: 'Shows what was refused, or would be in safelist mode, by client, version and reason',
  options: { days: daysOption },
  details: [
    'The outcome says whether a request was refused, or ran and would have been refused in safelist mode.',
    'Where several rules give one error code, the reason names the rule: OPERATION_TOO_COMPLEX:depth.',
    'What audit mode lets pass and a limit refuses then is counted as both.',
  ].join('\n'),
  async run(call) {
    const days = daysOf(call);
    const { refusals } = await call.gateway().get(`/admin/audit?days=${days}`, refusalCounts);
    const rows = refusals.toSorted((a, b) => b.count - a.count);
    const text = table(
      [
        { title: 'client', text: ({ client }) => client ?? '-' },
        { title: 'version', text: ({ version }) => version ?? '-' },
        { title: 'outcome', text: ({ reason }) => (reason.startsWith(AUDIT_PREFIX) ? 'ran' : 'refused') },
        { title: 'reason', text: ({ reason }) => reason.replace(AUDIT_PREFIX, '') },
        { title: 'document', text: ({ documentId }) => (documentId === null ? '-' : shortId(documentId)) },
        { title: 'count', align: 'right', text: ({ count }) => String(count) },
        { title: 'last seen', text: ({ lastSeen }) => minute(lastSeen) },
      ],
      rows,
    );
    return {
      exitCode: EXIT.ok,
      text: rows.length === 0 ? `Nothing was refused in the last ${days} days, nor would have been.` : text,
      answer: { days, refusals: rows },
    };
  },
};
