/** The text of `npm run alerts -- list`. */
import { styleText } from 'node:util';
import { durationInWords } from '../../src/observability/duration-in-words.ts';
import { minute } from '../operations/printed-values.ts';
import { type Cell, type StyledCell, table } from '../operations/table.ts';
import type { Alerts } from './alert-answers.ts';

/** @param nowSeconds Unix seconds */
export function alertsText({ incidents, rules, silences, channels }: Alerts, nowSeconds: number): string {
  const open = incidents.filter(({ endedAt }) => endedAt === null);
  const over = incidents.filter(({ endedAt }) => endedAt !== null);
  const incidentRows = (those: Alerts['incidents']) =>
    those.map(({ rule, severity, subject, summary, startedAt, endedAt }): Cell[] => [
      { text: rule, style: endedAt === null ? (severity === 'page' ? 'red' : 'yellow') : 'dim' },
      severity,
      subject || '-',
      minute(startedAt),
      durationInWords((endedAt ?? nowSeconds) - startedAt),
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
      'Rules',
      ['rule', 'severity', 'threshold', 'window', 'hold', 'at least'],
      rules.map(({ name, severity, thresholdInWords, windowSeconds, holdSeconds, minimum, counted }) => [
        name,
        severity,
        thresholdInWords ?? { text: 'off', style: 'yellow' },
        windowSeconds === 0 ? '-' : durationInWords(windowSeconds),
        holdSeconds === 0 ? '-' : durationInWords(holdSeconds),
        minimum === 0 ? '-' : `${minimum} ${counted}`,
      ]),
      '',
    ),
    section(
      'Channels',
      ['name', 'kind', 'receives', 'last sent', 'waiting', 'since', 'given up', 'last error'],
      channels.map(({ name, kind, receives, lastSentAt, waiting, waitingSince, givenUp, lastError }) => [
        name,
        kind ?? { text: 'not in ALERT_CHANNELS', style: 'red' },
        receives.join(' ') || '-',
        minute(lastSentAt),
        noted(waiting, 'yellow'),
        minute(waitingSince),
        noted(givenUp, 'red'),
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

const noted = (count: number, style: 'yellow' | 'red'): Cell =>
  count === 0 ? '0' : ({ text: String(count), style } satisfies StyledCell);
