/** Judges an observation. Pure: the same observation and thresholds give the same checks. */

import type { Answer } from './ask-gateway.ts';
import type { Counted } from './observe-counted.ts';
import type { Health, Observation } from './observe-gateway.ts';

/** `note`: a person should know it, and the gateway serves all the same. */
export type CheckState = 'ok' | 'note' | 'wrong';

export interface Check {
  name: string;
  state: CheckState;
  text: string;
}

export interface Thresholds {
  /** The longest time of an answer, and of a read of D1 or KV. */
  slowMs: number;
  /** The least share of public requests that reach the Worker. Undefined: the threshold of the gateway's alert. */
  hitRate?: number | undefined;
  /** The greatest share of requests with a fault that is not the client's. */
  faultShare: number;
  /** The greatest 95th percentile of an operation. */
  p95Ms: number;
}

/** Those of the platform. */
export const THRESHOLDS = {
  slowMs: 1_000,
  faultShare: 0.01,
  p95Ms: 500,
} as const satisfies Thresholds;

/** Shares and percentiles of fewer requests say nothing. */
const JUDGED_REQUESTS_MIN = 100;

export function checksOf({ health, endpoints, counted }: Observation, thresholds: Thresholds): Check[] {
  return [
    healthCheck(health, thresholds),
    ...(health.body === null ? [] : healthBodyChecks(health.body, thresholds)),
    ...endpoints.map((endpoint) => answerCheck(endpoint.name, endpoint, thresholds)),
    ...countedChecks(counted, thresholds),
  ];
}

export const isWrong = (checks: readonly Check[]): boolean => checks.some(({ state }) => state === 'wrong');

function healthCheck(health: Observation['health'], { slowMs }: Thresholds): Check {
  const name = 'GET /health';
  const { status, milliseconds, problem, body } = health;
  if (body === null || problem !== null) return { name, state: 'wrong', text: problem ?? 'no answer' };
  const { version, mode } = body;
  return {
    name,
    state: status === 200 && milliseconds <= slowMs ? 'ok' : 'wrong',
    text: `${status} in ${timeText(milliseconds, slowMs)}, worker ${version.worker.slice(0, 8)}, mode ${mode}`,
  };
}

function healthBodyChecks(health: Health, { slowMs }: Thresholds): Check[] {
  const { checks, milliseconds, jobs, ledgerNotices } = health;
  const notices = Object.entries(ledgerNotices).map(([kind, count]) => `${count} ${kind}`);
  return [
    storeCheck('D1', checks.d1, milliseconds.d1, slowMs),
    storeCheck('KV', checks.kv, milliseconds.kv, slowMs),
    ...(checks.d1 === 'ok' ? jobChecks(jobs) : []),
    ...(notices.length === 0
      ? []
      : [
          { name: 'ledgers', state: 'note', text: `notices of the last day: ${notices.join(', ')}` } as const,
        ]),
  ];
}

function storeCheck(name: string, outcome: string, milliseconds: number, slowMs: number): Check {
  if (outcome !== 'ok') return { name, state: 'wrong', text: 'does not answer' };
  const text = `answers in ${timeText(milliseconds, slowMs)}`;
  return { name, state: milliseconds > slowMs ? 'wrong' : 'ok', text };
}

function jobChecks(jobs: Health['jobs']): Check[] {
  const all = Object.entries(jobs);
  const checks = all.flatMap(([name, job]): Check[] => {
    const since = job.lastSuccessAt === null ? 'no success yet' : `last success ${job.lastSuccessAt}`;
    const reason = job.firstError === null ? '' : `: ${job.firstError}`;
    if (job.late) return [{ name: `job ${name}`, state: 'wrong', text: `late, ${since}${reason}` }];
    if (job.outcome === 'failed')
      return [{ name: `job ${name}`, state: 'wrong', text: `the last run failed, ${since}${reason}` }];
    if (job.outcome === 'partial')
      return [{ name: `job ${name}`, state: 'note', text: `the last run was partial${reason}` }];
    return [];
  });
  const wrong = checks.filter(({ state }) => state === 'wrong').length;
  if (wrong > 0) return checks;
  return [{ name: 'jobs', state: 'ok', text: `${all.length} are on time` }, ...checks];
}

function answerCheck(name: string, { status, milliseconds, problem }: Answer, { slowMs }: Thresholds): Check {
  if (problem !== null) return { name, state: 'wrong', text: problem };
  const text = `${status} in ${timeText(milliseconds, slowMs)}`;
  return { name, state: milliseconds > slowMs ? 'wrong' : 'ok', text };
}

function countedChecks(counted: Observation['counted'], thresholds: Thresholds): Check[] {
  const name = 'admin';
  if (counted === 'no key') {
    const text = 'no ADMIN_KEY: traffic and alerts are not checked';
    return [{ name, state: 'note', text }];
  }
  if ('problem' in counted) return [{ name, state: 'wrong', text: counted.problem }];
  return [...trafficChecks(counted, thresholds), ...alertChecks(counted.incidents)];
}

function trafficChecks(counted: Counted, thresholds: Thresholds): Check[] {
  const { since, total, publicRequests, hits, operations } = counted;
  const { hitRate = counted.hitRateThreshold, faultShare, p95Ms } = thresholds;
  const judged = (count: number, isBad: boolean): CheckState =>
    isBad && count >= JUDGED_REQUESTS_MIN ? 'wrong' : 'ok';
  const isLow = hitRate !== null && hits < hitRate * publicRequests;
  const limit = hitRate === null ? 'not judged' : `at least ${percent(hitRate)}`;
  // A narrow terminal cuts the ends off, and a rate says of what it is.
  const reached = 'that reached the Worker';
  const sinceThen = `since ${since}`;
  const slow = operations.filter(
    (operation) => operation.count >= JUDGED_REQUESTS_MIN && (operation.p95Ms ?? 0) > p95Ms,
  );
  const slowTexts = slow.map((operation) => `${operation.name} ${operation.p95Ms} ms`);
  return [
    {
      name: 'hit rate',
      state: judged(publicRequests, isLow),
      text: `${share(hits, publicRequests)} of ${publicRequests} ${reached} (${limit}), public ones ${sinceThen}`,
    },
    {
      name: 'errors',
      state: judged(total.count, total.faults > faultShare * total.count),
      text: `${share(total.faults, total.count)} of ${total.count} ${reached} (at most ${percent(faultShare)}) ${sinceThen}`,
    },
    {
      name: 'latency',
      state: slow.length > 0 ? 'wrong' : 'ok',
      text: slow.length > 0 ? `p95 over ${p95Ms} ms: ${slowTexts.join(', ')}` : `p95 at most ${p95Ms} ms`,
    },
  ];
}

function alertChecks(incidents: Counted['incidents']): Check[] {
  if (incidents.length === 0) return [{ name: 'alerts', state: 'ok', text: 'none' }];
  return incidents.map(({ rule, severity, summary, since, isSilenced }) => ({
    name: `alert ${rule}`,
    state: isSilenced ? 'note' : 'wrong',
    text: `${severity} since ${since}${isSilenced ? ', silenced' : ''}: ${summary}`,
  }));
}

const timeText = (milliseconds: number, slowMs: number) =>
  `${milliseconds} ms${milliseconds > slowMs ? ` (at most ${slowMs} ms)` : ''}`;
const percent = (part: number) => `${Number((100 * part).toFixed(1))} %`;
const share = (part: number, whole: number) => (whole === 0 ? '-' : percent(part / whole));
