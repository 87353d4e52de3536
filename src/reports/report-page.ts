/**
 * The page of a report: one HTML file without script that loads nothing. Names that clients and upstream choose are escaped
 * and cut.
 */
import type { DayReport, HourTraffic } from './day-report.ts';
import { countOf, countText, dollarsText, millisecondsText, percentText, shareText } from './formats.ts';
import { headlines } from './headlines.ts';
import { type Html, html } from './html.ts';
import { PAGE_STYLE } from './page-style.ts';
import {
  clientTable,
  costTable,
  incidentTable,
  investingTable,
  jobTable,
  operationTable,
  routeTable,
} from './page-tables.ts';

export function reportPage(report: DayReport): string {
  const { date, environment, madeAt, counted, accounts, paymentTokens, cost } = report;
  const body = html`<main>
<header><h1>Report of ${date}</h1><p class="quiet">COM2000 gateway, ${environment}; the day in UTC; made at ${madeAt.slice(0, 16).replace('T', ' ')}</p></header>
${tiles(report)}
<section><h2>In short</h2><ul>${headlines(report).map((line) => html`<li>${line}</li>`)}</ul><p class="quiet">${counted}</p></section>
<section><h2>Incidents</h2>${incidentTable(report)}</section>
<section><h2>Requests by hour</h2>${hoursSection(report)}</section>
<section><h2>Operations</h2>${operationTable(report)}</section>
<section><h2>Client releases</h2>${clientTable(report)}</section>
<section><h2>Other routes</h2>${routeTable(report)}</section>
<section><h2>Accounts and investments</h2><p>${countOf(accounts.opened, 'account')} opened; there are ${countText(accounts.total)}.</p>${investingTable(paymentTokens)}</section>
<section><h2>Jobs</h2>${jobTable(report.jobs)}</section>
<section><h2>Cost</h2>${costTable(cost)}<p>Forecast of the month: ${dollarsText(cost.monthForecastDollars)}.</p><p class="quiet">The day has counted calls at list prices, without the plan's own price and what it includes; the forecast is a bill. CPU is a benchmark's figure for each kind of request.</p></section>
</main>`;
  const head = html`<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex"><title>Report of ${date}</title>`;
  return `<!doctype html>\n<html lang="en"><head>${head.text}<style>${PAGE_STYLE}</style></head><body>\n${body.text}\n</body></html>\n`;
}

function tiles({ requests, incidents, cost }: DayReport): Html {
  const open = incidents.filter(({ endedAt }) => endedAt === null).length;
  const figures: [name: string, value: Html | string, isBad?: boolean][] = [
    ['Requests', countText(requests.requests)],
    ['With a fault', shareText(requests.faults, requests.requests), requests.faults > 0],
    ['p95', millisecondsText(requests.p95Ms)],
    ['Hit rate', percentText(requests.hitRate)],
    [
      open === 0 ? 'Incidents' : `Incidents, ${countText(open)} not over`,
      countText(incidents.length),
      incidents.length > 0,
    ],
    ['Cost', dollarsText(cost.dayDollars)],
  ];
  return html`<div class="tiles">${figures.map(
    ([name, value, isBad = false]) =>
      html`<div class="tile"><span class="quiet">${name}</span><b class="${isBad ? 'bad' : ''}">${value}</b></div>`,
  )}</div>`;
}

function hoursSection({ requests, hours }: DayReport): Html {
  if (requests.requests === 0) return html`<p class="quiet">No request of this day is recorded.</p>`;
  if (hours.length === 0) return html`<p class="quiet">Counts by hour are kept for seven days.</p>`;
  return hourChart(hours);
}

const CHART = { width: 720, height: 110, gap: 4 } as const;
const LABEL_EVERY_HOURS = 6;

/** A bar an hour; its lower, red part has the faults. */
function hourChart(hours: readonly HourTraffic[]): Html {
  const most = Math.max(1, ...hours.map(({ requests }) => requests));
  const slot = CHART.width / hours.length;
  const heightOf = (count: number) => (count === 0 ? 0 : Math.max(1, (count / most) * CHART.height));
  const bar = (hour: number, count: number, kind: 'bar' | 'fault') =>
    html`<rect class="${kind}" x="${hour * slot + CHART.gap / 2}" y="${(CHART.height - heightOf(count)).toFixed(1)}" width="${slot - CHART.gap}" height="${heightOf(count).toFixed(1)}"/>`;
  const bars = hours.map(
    ({ hour, requests, faults }) =>
      html`<g><title>${hourText(hour)}, ${countOf(requests, 'request')}, ${countOf(faults, 'fault')}</title>${bar(hour, requests, 'bar')}${bar(hour, faults, 'fault')}</g>`,
  );
  const labels = hours
    .filter(({ hour }) => hour % LABEL_EVERY_HOURS === 0)
    .map(({ hour }) => html`<span>${hourText(hour)}</span>`);
  return html`<svg viewBox="0 0 ${CHART.width} ${CHART.height}" role="img" aria-label="Requests by hour">${bars}</svg>
<div class="hours quiet">${labels}</div><p class="quiet">The highest bar has ${countOf(most, 'request')}; red ones met a fault.</p>`;
}

const hourText = (hour: number) => `${String(hour).padStart(2, '0')}:00`;
