/** The tables of the page. A table of traffic has a bounded number of rows; one last row sums up the others. */
import { durationInWords } from '../observability/duration-in-words.ts';
import { UNREGISTERED } from '../observability/request-metrics.ts';
import type { JobFigures, PaymentTokenFigures } from '../storage/d1/day-figures.ts';
import type { Incident, IncidentWorst } from '../storage/d1/incidents.ts';
import type { DayCost, DayReport } from './day-report.ts';
import {
  bytesText,
  countOf,
  countText,
  decimalText,
  dollarsText,
  millisecondsText,
  nameText,
  percentText,
  shareText,
  timeText,
} from './formats.ts';
import { type Html, html } from './html.ts';
import { type Column, htmlTable } from './html-table.ts';
import { dayStart, reportDate } from './report-keys.ts';
import type { Traffic } from './traffic.ts';

const ROWS_MAX = 40;
const ID_SHOWN_CHARACTERS = 20;
const SUMMARY_SHOWN_CHARACTERS = 300;
const NOTHING = html``;

/** A name cannot turn the direction of the text around it. */
const named = (name: string) => html`<bdi>${nameText(name)}</bdi>`;
const beneath = (text: string) => (text === '' ? NOTHING : html`<small>${named(text)}</small>`);
const none = (text: string) => html`<p class="quiet">${text}</p>`;
const wrong = (count: number) =>
  count === 0 ? countText(count) : html`<span class="bad">${countText(count)}</span>`;

export const operationTable = ({ operations, requests }: DayReport): Html =>
  trafficTable('Operation', operations, requests, ({ operationId, operationName }) => {
    if (operationId === UNREGISTERED) return 'not registered';
    const id = html`<small class="wide" title="${operationId}">${nameText(operationId, ID_SHOWN_CHARACTERS)}</small>`;
    return operationName === ''
      ? named(nameText(operationId, ID_SHOWN_CHARACTERS))
      : html`${named(operationName)}${id}`;
  });

export const clientTable = ({ clients, requests }: DayReport): Html =>
  trafficTable('Client release', clients, requests, ({ client, version }) =>
    client === '' ? 'no name' : html`${named(client)} ${named(version)}`,
  );

export const routeTable = ({ routes, requests }: DayReport): Html =>
  trafficTable('Path', routes, requests, ({ path }) => named(path));

function trafficTable<Row extends Traffic>(
  title: string,
  rows: readonly Row[],
  all: Traffic,
  nameOf: (row: Row) => Html | string,
): Html {
  if (rows.length === 0) return none('None.');
  const others = rows.slice(ROWS_MAX);
  const shown = rows.slice(0, ROWS_MAX).map((row): [name: Html | string, row: Traffic] => [nameOf(row), row]);
  if (others.length > 0) shown.push([`${countText(others.length)} others`, sumOf(others)]);
  const columns: Column<Traffic>[] = [
    { title: 'Requests', of: ({ requests }) => countText(requests) },
    { title: 'Share', isWide: true, of: ({ requests }) => shareText(requests, all.requests) },
    { title: 'Faults', of: ({ faults }) => wrong(faults) },
    { title: 'Refused', isWide: true, of: ({ refused }) => countText(refused) },
    { title: 'Errors', isWide: true, of: ({ errors }) => countText(errors) },
    { title: 'Hit rate', of: ({ hitRate }) => percentText(hitRate) },
    { title: 'p50', isWide: true, of: ({ p50Ms }) => millisecondsText(p50Ms) },
    { title: 'p95', of: ({ p95Ms }) => millisecondsText(p95Ms) },
    { title: 'p99', isWide: true, of: ({ p99Ms }) => millisecondsText(p99Ms) },
    { title: 'Sent', isWide: true, of: ({ bytes }) => bytesText(bytes) },
  ];
  return htmlTable(
    title,
    shown,
    ([name]) => name,
    columns.map((column) => ({ ...column, of: ([, traffic]) => column.of(traffic) })),
  );
}

/** Rates and percentiles of several rows do not add up. */
function sumOf(rows: readonly Traffic[]): Traffic {
  const sum = (name: 'requests' | 'faults' | 'refused' | 'errors' | 'bytes') =>
    rows.reduce((total, row) => total + row[name], 0);
  return {
    requests: sum('requests'),
    faults: sum('faults'),
    refused: sum('refused'),
    errors: sum('errors'),
    bytes: sum('bytes'),
    hitRate: null,
    p50Ms: null,
    p95Ms: null,
    p99Ms: null,
  };
}

export function incidentTable({ date, incidents }: DayReport): Html {
  if (incidents.length === 0) return html`<p class="good">None.</p>`;
  const began = dayStart(date);
  const name = ({ rule, severity, subject, summary, value, threshold, worst }: Incident) =>
    html`${rule} <span class="quiet">${severity}</span>${beneath(nameText(subject, ID_SHOWN_CHARACTERS))}<small><bdi>${nameText(summary, SUMMARY_SHOWN_CHARACTERS)}</bdi></small><small>${value}; threshold: ${threshold}</small>${worst === null ? NOTHING : worstLine(worst)}`;
  return htmlTable('Rule', incidents, name, [
    {
      title: 'From',
      of: ({ startedAt }) =>
        startedAt < began ? `${reportDate(startedAt)} ${timeText(startedAt)}` : timeText(startedAt),
    },
    {
      title: 'Took',
      of: ({ startedAt, endedAt }) =>
        endedAt === null ? html`<span class="bad">not over</span>` : durationInWords(endedAt - startedAt),
    },
  ]);
}

function worstLine({ operationId, operationName, client, version }: IncidentWorst): Html {
  const names = [
    operationName === '' ? nameText(operationId, ID_SHOWN_CHARACTERS) : operationName,
    client,
    version,
  ];
  return html`<small>Worst: ${names.filter((text) => text !== '').map((text) => html`${named(text)} `)}</small>`;
}

const moved = ({ count, amount }: PaymentTokenFigures['raised']): Html | string =>
  count === 0 ? '–' : html`${decimalText(amount)}<small>${countOf(count, 'investment')}</small>`;

export function investingTable(tokens: readonly PaymentTokenFigures[]): Html {
  if (tokens.length === 0) return none('No investment, payment or refund.');
  return htmlTable('Token', tokens, ({ paymentToken }) => named(paymentToken), [
    { title: 'Invested', isLong: true, of: ({ investments }) => moved(investments) },
    { title: 'Raised', isLong: true, of: ({ raised }) => moved(raised) },
    { title: 'Refunded', isLong: true, of: ({ refunded }) => moved(refunded) },
    { title: 'Refunds due now', isWide: true, isLong: true, of: ({ refundsDue }) => moved(refundsDue) },
  ]);
}

export function jobTable(jobs: readonly JobFigures[]): Html {
  if (jobs.length === 0) return none('No run of a job is recorded.');
  return htmlTable('Job', jobs, ({ job, lastError }) => html`${job}${beneath(lastError ?? '')}`, [
    { title: 'Runs', of: ({ runs }) => countText(runs) },
    { title: 'Complete', isWide: true, of: ({ ok }) => countText(ok) },
    { title: 'Partial', of: ({ partial }) => wrong(partial) },
    { title: 'Failed', of: ({ failed }) => wrong(failed) },
    { title: 'Records read', isWide: true, of: ({ read }) => countText(read) },
    { title: 'Written', isWide: true, of: ({ written }) => countText(written) },
    { title: 'Skipped', isWide: true, of: ({ skipped }) => countText(skipped) },
    {
      title: 'Longest',
      isWide: true,
      of: ({ longestSeconds }) => (longestSeconds === null ? '–' : durationInWords(longestSeconds)),
    },
  ]);
}

export function costTable({ dayDollars, products }: DayCost): Html {
  const rows = [...products, { product: 'The day', dollars: dayDollars }];
  return htmlTable('Product', rows, ({ product }) => product, [
    { title: 'Cost', of: ({ dollars }) => dollarsText(dollars) },
  ]);
}
