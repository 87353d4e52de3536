/**
 * Watches a step of a deployment: both versions answer requests, and the minute rows of the isolates in D1 say how.
 *
 * Ends with a regression at the first look that finds one, and with a promotion when enough is seen; at the end of its time it holds.
 * Both versions are compared over the same time: requests of earlier steps do not count. Time is counted in looks, so a clock that
 * jumps ends nothing.
 */
import { reasonOf } from '../../operations/failure-reason.ts';
import { printable } from '../../operations/table.ts';
import { type CanaryThresholds, looksOf } from './canary-thresholds.ts';
import { comparisonInWords, countsInWords, durationText, reasonInWords } from './canary-words.ts';
import type { Comparison } from './comparison.ts';
import { type HoldReason, judge } from './judge.ts';
import { type KnownOperations, knownOperations } from './known-operations.ts';
import { NewRows, type RowSource } from './new-rows.ts';
import type { Verdict } from './verdict.ts';
import { VersionSample } from './version-sample.ts';

export interface CanarySources {
  /** The environment's D1. */
  db: RowSource;
  /** Version ids of the Worker. */
  oldVersion: string;
  newVersion: string;
  /** The part of the requests that the new version gets. */
  percent: number;
  sleep(ms: number): Promise<void>;
  /** Takes one line for the people who wait. */
  report(line: string): void;
}

/** The cleanup adds up rows that are ten minutes old, so after a longer failure of D1 some are lost. */
const UNREAD_SECONDS_MAX = 480;
/** Each period is as long as all before it: a cold cache changes the most in the beginning. */
const periodOf = (looks: number) => Math.floor(Math.log2(looks));
const ERROR_MAX_CHARACTERS = 200;

/** Never rejects because of D1. */
export async function watchCanary(sources: CanarySources, thresholds: CanaryThresholds): Promise<Verdict> {
  const { db, report, sleep } = sources;
  const { lookSeconds, minimumWatchSeconds } = thresholds;
  const newRows = new NewRows(db, report);
  const samples = { old: new VersionSample(), new: new VersionSample() };
  let reasons: readonly HoldReason[] = [];
  let unreadSeconds = 0;
  const look = (period: number) =>
    newRows.read(({ workerVersion, requests }) => {
      if (workerVersion === sources.oldVersion) samples.old.add(requests, period);
      if (workerVersion === sources.newVersion) samples.new.add(requests, period);
    });
  await look(0).catch((error: unknown) => report(unreadInWords(error)));
  for (let looks = 1; looks <= looksOf(thresholds); looks += 1) {
    await sleep(lookSeconds * 1000);
    const seconds = looks * lookSeconds;
    try {
      await look(periodOf(looks));
      unreadSeconds = 0;
    } catch (error) {
      report(unreadInWords(error));
      unreadSeconds += lookSeconds;
      if (unreadSeconds < UNREAD_SECONDS_MAX) continue;
      return {
        kind: 'hold',
        reasons: [`Counted requests could not be read for ${durationText(unreadSeconds)}.`],
      };
    }
    report(countsInWords(seconds, samples.old.requests, samples.new.requests));
    const judgement = judge(samples.old, samples.new, thresholds, sources.percent);
    if (judgement.kind === 'regress') return regression(sources, judgement.regressions);
    reasons = judgement.kind === 'hold' ? await withoutSubscriptions(sources, judgement.reasons) : [];
    const isLong = seconds >= minimumWatchSeconds || looks === looksOf(thresholds);
    if (reasons.length === 0 && isLong) return { kind: 'promote' };
  }
  return held(sources, reasons, unreadSeconds);
}

async function regression(sources: CanarySources, regressions: readonly Comparison[]): Promise<Verdict> {
  const known = await namesOf(
    sources,
    regressions.map(({ operationId }) => operationId),
  );
  return {
    kind: 'regress',
    findings: regressions.map((comparison) => comparisonInWords(comparison, known)),
  };
}

/**
 * A hub keeps one version for all its sockets, and there are few hubs: with a tenth of the traffic, often none is the new version's.
 * So missing subscriptions say nothing of the new version.
 */
async function withoutSubscriptions(
  sources: CanarySources,
  reasons: readonly HoldReason[],
): Promise<readonly HoldReason[]> {
  const missing = reasons.filter(({ kind }) => kind === 'lost' || kind === 'unjudged');
  const known = await namesOf(sources, missing.flatMap(operationIdsOf));
  const isSubscription = (id: string) => known.get(id)?.kind === 'subscription';
  return reasons.filter(
    (reason) => !(missing.includes(reason) && operationIdsOf(reason).some(isSubscription)),
  );
}

async function held(
  sources: CanarySources,
  reasons: readonly HoldReason[],
  unreadSeconds: number,
): Promise<Verdict> {
  const known = await namesOf(sources, reasons.flatMap(operationIdsOf));
  const unread =
    unreadSeconds === 0
      ? []
      : [`Counted requests could not be read in the last ${durationText(unreadSeconds)}.`];
  return { kind: 'hold', reasons: [...reasons.map((reason) => reasonInWords(reason, known)), ...unread] };
}

function operationIdsOf(reason: HoldReason): string[] {
  if ('comparison' in reason) return [reason.comparison.operationId];
  return reason.kind === 'lost' && reason.operationId !== null ? [reason.operationId] : [];
}

/** A verdict does not need the names: it is given without them if D1 does not answer. */
async function namesOf({ db, report }: CanarySources, ids: readonly string[]): Promise<KnownOperations> {
  try {
    return await knownOperations(db, [...new Set(ids)]);
  } catch (error) {
    report(`The names and kinds of operations could not be read: ${messageOf(error)}`);
    return new Map();
  }
}

const unreadInWords = (error: unknown) =>
  `Counted requests could not be read, and the next look tries again: ${messageOf(error)}`;

const messageOf = (error: unknown) => printable(reasonOf(error)).slice(0, ERROR_MAX_CHARACTERS);
