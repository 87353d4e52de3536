/** The figures of the day as a few sentences, for channels and for the beginning of the page. */
import { durationInWords } from '../observability/duration-in-words.ts';
import type { PaymentTokenFigures } from '../storage/d1/day-figures.ts';
import type { Incident } from '../storage/d1/incidents.ts';
import type { DayReport } from './day-report.ts';
import {
  countOf,
  countText,
  decimalText,
  dollarsText,
  millisecondsText,
  nameText,
  percentText,
  shareText,
} from './formats.ts';

const INCIDENTS_NAMED_MAX = 5;

export function headlines(report: DayReport): string[] {
  return [
    trafficLine(report),
    incidentsLine(report.incidents),
    businessLine(report),
    jobsLine(report),
    `The day cost ${dollarsText(report.cost.dayDollars)}; the forecast of the month is ${dollarsText(report.cost.monthForecastDollars)}.`,
  ];
}

function trafficLine({ requests: { requests, faults, p95Ms, hitRate } }: DayReport): string {
  if (requests === 0) return 'No request of this day is recorded.';
  return (
    `${countOf(requests, 'request')} reached the Worker: ${shareText(faults, requests)} met a fault, ` +
    `p95 ${millisecondsText(p95Ms)}, hit rate ${percentText(hitRate)}.`
  );
}

function incidentsLine(incidents: readonly Incident[]): string {
  if (incidents.length === 0) return 'No incident.';
  const named = incidents
    .slice(0, INCIDENTS_NAMED_MAX)
    .map(({ rule, startedAt, endedAt }) =>
      endedAt === null ? `${rule} (not over)` : `${rule} (${durationInWords(endedAt - startedAt)})`,
    );
  const more = incidents.length - named.length;
  return `${countOf(incidents.length, 'incident')}: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`;
}

function businessLine({ accounts, paymentTokens }: DayReport): string {
  const sums = (name: 'raised' | 'refunded'): string =>
    paymentTokens
      .filter((token) => token[name].count > 0)
      .map((token) => `${decimalText(token[name].amount)} ${nameText(token.paymentToken)}`)
      .join(', ') || 'nothing';
  const investments = paymentTokens.reduce((sum, token) => sum + investmentsOf(token), 0);
  return (
    `${countOf(accounts.opened, 'new account')}, ${countOf(investments, 'investment')}; ` +
    `raised ${sums('raised')}, refunded ${sums('refunded')}.`
  );
}

const investmentsOf = ({ investments }: PaymentTokenFigures) => investments.count;

function jobsLine({ jobs }: DayReport): string {
  const runs = jobs.reduce((sum, job) => sum + job.runs, 0);
  const wrong = jobs.filter(({ failed, partial }) => failed + partial > 0);
  const names = wrong.map(({ job, failed, partial }) => `${job} (${countText(failed + partial)})`);
  if (runs === 0) return 'No run of a job is recorded.';
  return `${countOf(runs, 'run')} of jobs${wrong.length === 0 ? ', all complete' : `; failed or partial: ${names.join(', ')}`}.`;
}
