/** The text of `npm run alerts -- list`. */
import { styleText } from 'node:util';
import { minute } from '../operations/printed-values.ts';
import { type Cell, type StyledCell, table } from '../operations/table.ts';
import type { Alerts } from './alert-answers.ts';

/** @param nowSeconds Unix seconds */
export function alertsText({ incidents, silences, channels }: Alerts, nowSeconds: number): string {
  const open = incidents.filter(({ endedAt }) => endedAt === null);
  const over = incidents.filter(({ endedAt }) => endedAt !== null);
  const incidentRows = (those: Alerts['incidents']) =>
    those.map(({ rule, severity, subject, summary, startedAt, endedAt }): Cell[] => [
      { text: rule, style: endedAt === null ? (severity === 'page' ? 'red' : 'yellow') : 'dim' },
      severity,
      subject || '-',
      minute(startedAt),
      lasting((endedAt ?? nowSeconds) - startedAt),
      summary,
    ]);
  const incidentTitles = ['rule', 'severity', 'about', 'since', 'for', 'summary'];
  return [
    section('Firing', incidentTitles, incidentRows(open), 'Nothing fires.'),
    section('Over in the last day', incidentTitles, incidentRows(over), ''),
    section(
      'Silenced',
      ['rule', 'until', 'by'],
      silences.map(({ rule, endsAt, createdBy }) => [rule, minute(endsAt), createdBy]),
      'No rule is silenced.',
    ),
    section(
      'Channels',
      ['name', 'kind', 'receives', 'last sent', 'waiting', 'since', 'given up', 'last error'],
      channels.map(({ name, kind, receives, lastSentAt, waiting, waitingSince, givenUp, lastError }) => [
        name,
        kind ?? { text: 'not in ALERT_CHANNELS', style: 'red' },
        receives.join(' ') || '-',
        minute(lastSentAt),
        counted(waiting, 'yellow'),
        minute(waitingSince),
        counted(givenUp, 'red'),
        lastError ?? '-',
      ]),
      'ALERT_CHANNELS is unset: nobody is notified.',
    ),
  ]
    .filter((text) => text !== '')
    .join('\n\n');
}

/** @param empty the text where there are no rows */
function section(heading: string, titles: readonly string[], rows: readonly Cell[][], empty: string): string {
  return rows.length === 0 ? empty : `${styleText('bold', heading)}\n${table(titles, rows)}`;
}

const counted = (count: number, style: 'yellow' | 'red'): Cell =>
  count === 0 ? '0' : ({ text: String(count), style } satisfies StyledCell);

function lasting(seconds: number): string {
  const minutes = Math.max(0, Math.floor(seconds / 60));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d`;
}
