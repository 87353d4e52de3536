/** Adds the results of one read of D1 to the state, and makes the facts that rules read. */

import type { PaymentHour, WaitingLedger } from '../storage/d1/watched-business.ts';
import { absorbFlushes } from './absorb-flushes.ts';
import type { AlertState } from './alert-state.ts';
import type { Facts, JobFacts, OutboxFacts } from './facts.ts';
import type { Observed, ObservedJob } from './observed.ts';
import { watchedSecondsSince } from './watched-time.ts';
import { addSums, boundCulprits, copyOf, mergedRecent, prune } from './windows.ts';

/** Those that were asked for last. */
const PAYMENT_HOURS_KNOWN = 48;

export interface Absorbed {
  state: AlertState;
  facts: Facts;
  /** Watched time since the last look. */
  elapsedSeconds: number;
}

export function absorb(before: AlertState, observed: Observed, nowSeconds: number): Absorbed {
  const state = { ...before, windows: copyOf(before.windows), hourly: { ...before.hourly } };
  const elapsedSeconds = watchedSecondsSince(state.lookedAt, nowSeconds);
  state.lookedAt = nowSeconds;
  state.watchedSeconds += elapsedSeconds;
  const { windows, watchedSeconds } = state;
  prune(windows, watchedSeconds);
  absorbFlushes(windows, observed.flushes?.rows ?? [], { watchedSeconds, nowSeconds });
  state.lastFlushId = observed.flushes?.lastFlushId ?? state.lastFlushId;
  absorbBusiness(state, observed);
  prune(windows, watchedSeconds);
  boundCulprits(windows);
  const jobs = observed.jobs && jobFacts(state, observed.jobs, elapsedSeconds);
  const outboxes = observed.outboxes && outboxFacts(state, observed.outboxes, { nowSeconds, elapsedSeconds });
  absorbHourly(state, observed);
  const { pools, sizes, forecastDollars } = state.hourly;
  const { notices, hasCacheInFront } = observed;
  const rest = { jobs, outboxes, notices, pools, sizes, forecastDollars, hasCacheInFront };
  const facts: Facts = {
    ...rest,
    watchedSeconds,
    requests: observed.flushes && windows,
    recent: observed.flushes && mergedRecent(windows.recent),
    accounts: observed.accounts && windows,
    payments: observed.payments && windows,
  };
  return { state, facts, elapsedSeconds };
}

function absorbBusiness(state: AlertState, { accounts, payments }: Observed): void {
  if (accounts !== null) {
    addSums(state.windows, state.watchedSeconds, { registrations: accounts.opened });
    state.lastAccountRowId = accounts.lastRowId;
  }
  if (payments !== null) {
    // Nobody knows when those were decided that stand there at the first look.
    const known = state.payments ?? payments;
    addSums(state.windows, state.watchedSeconds, {
      paymentsConfirmed: newly(payments, known, 'confirmed'),
      paymentsFailed: newly(payments, known, 'failed'),
    });
    // A clock that jumps asks for other hours, and later for the same ones again.
    const unasked = known.filter(({ hour }) => !payments.some((each) => each.hour === hour));
    state.payments = [...unasked, ...payments.map((hour) => ({ ...hour }))].slice(-PAYMENT_HOURS_KNOWN);
  }
}

function newly(
  hours: readonly PaymentHour[],
  known: readonly PaymentHour[],
  name: 'confirmed' | 'failed',
): number {
  return hours.reduce((sum, { hour, ...counts }) => {
    const before = known.find((each) => each.hour === hour)?.[name] ?? 0;
    return sum + Math.max(0, counts[name] - before);
  }, 0);
}

/** Watched time without a complete run; a job that is seen for the first time counts from now. */
function jobFacts(state: AlertState, jobs: readonly ObservedJob[], elapsedSeconds: number): JobFacts[] {
  const facts = jobs.map((job): JobFacts => {
    const { name, intervalSeconds, startedAt, outcome, firstError } = job;
    const known = state.jobs[name];
    const isNewAndOk = outcome === 'ok' && startedAt !== known?.startedAt;
    const notOkSeconds = known === undefined || isNewAndOk ? 0 : known.notOkSeconds + elapsedSeconds;
    return { name, intervalSeconds, notOkSeconds, outcome, firstError };
  });
  state.jobs = Object.fromEntries(
    jobs.map(({ name, startedAt }, index) => [
      name,
      { startedAt, notOkSeconds: facts[index]?.notOkSeconds ?? 0 },
    ]),
  );
  return facts;
}

/** The waiting time of a call leaves out jumps of the clock. */
function outboxFacts(
  state: AlertState,
  outboxes: readonly WaitingLedger[],
  { nowSeconds, elapsedSeconds }: { nowSeconds: number; elapsedSeconds: number },
): OutboxFacts[] {
  const facts = outboxes.map(({ poolId, since }) => {
    const watched = (state.outboxes[poolId] ?? 0) + elapsedSeconds;
    return { poolId, waitingSeconds: Math.max(0, Math.min(nowSeconds - since, watched)) };
  });
  state.outboxes = Object.fromEntries(facts.map(({ poolId, waitingSeconds }) => [poolId, waitingSeconds]));
  return facts;
}

function absorbHourly({ hourly, watchedSeconds }: AlertState, observed: Observed): void {
  const { pools, sizes, forecastDollars } = observed;
  if (pools === undefined && sizes === undefined && forecastDollars === undefined) return;
  hourly.askedAt = watchedSeconds;
  // A part that could not be read keeps its last value.
  if (pools) hourly.pools = [...pools];
  if (sizes) hourly.sizes = [...sizes];
  hourly.forecastDollars = forecastDollars ?? hourly.forecastDollars;
}
