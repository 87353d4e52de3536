/**
 * Recent counts of requests, isolates and business: sums of minutes and hours of watched time (`watched-time.ts`), in
 * one JSON value of bounded size.
 *
 * An hour's sum is there from its first minute on. Names that clients choose are those of releases, so their length is
 * bounded; the number of operations and releases is bounded here, and those with the greatest part stay.
 */
import type { SparseHistogram } from '../observability/latency-histogram.ts';
import { LatencyHistogram } from '../observability/latency-histogram.ts';
import { HOUR_SECONDS, MINUTE_SECONDS } from './watched-time.ts';

export const RECENT_MINUTES = 3;
export const MINUTES_KEPT = 60;
export const HOURS_KEPT = 168;
/** The long windows of the error budget name what is worst of so many hours. */
const HOURS_WITH_CULPRITS = 7;
/** Operations by client release. */
const RECENT_CELLS_MAX = 60;
const CULPRITS_MAX = 6;
const REFUSED_DOCUMENTS_MAX = 20;

/** The requests that have the greatest part in what is wrong. A text is empty where there is none. */
export interface Worst {
  operationId: string;
  client: string;
  version: string;
}

/** Faults of requests that count for the error budget. */
export interface Culprit extends Worst {
  faults: number;
}

export interface Sums {
  /** Those that count for the error budget. */
  requests: number;
  /** Answers that used up the error budget. */
  faults: number;
  /** Public queries, by what the client got. */
  hits: number;
  misses: number;
  registrations: number;
  paymentsConfirmed: number;
  paymentsFailed: number;
}

export interface Slot extends Sums {
  /** The number of this minute or hour of watched time, from 0. */
  at: number;
  culprits: Culprit[];
}

/** One operation of one client release in one minute. */
export interface RecentCell extends Worst {
  count: number;
  /** Unknown ids and documents. */
  unknown: number;
  /** Public queries that the cache did not answer. */
  misses: number;
  durationMs: number;
  histogram: SparseHistogram;
}

export interface RefusedDocument {
  client: string;
  version: string;
  documentId: string;
  count: number;
}

export interface RecentSlot {
  at: number;
  cells: RecentCell[];
  refusedDocuments: RefusedDocument[];
  /** Durations of D1's queries. */
  d1: SparseHistogram;
  /** The greatest share of its memory budget that an isolate used; null where none wrote. */
  memoryShare: number | null;
}

/** Slots are in the order of time, the newest last. A minute or an hour without anything has none. */
export interface Windows {
  recent: RecentSlot[];
  minutes: Slot[];
  hours: Slot[];
}

export const noWindows = (): Windows => ({ recent: [], minutes: [], hours: [] });

/** A copy that shares no slot and no culprit: those are changed in place. */
export const copyOf = ({ recent, minutes, hours }: Windows): Windows => ({
  recent: recent.map((slot) => ({ ...slot })),
  minutes: minutes.map(copyOfSlot),
  hours: hours.map(copyOfSlot),
});

const copyOfSlot = (slot: Slot): Slot => ({
  ...slot,
  culprits: slot.culprits.map((culprit) => ({ ...culprit })),
});

const SUMS = [
  'requests',
  'faults',
  'hits',
  'misses',
  'registrations',
  'paymentsConfirmed',
  'paymentsFailed',
] as const satisfies readonly (keyof Sums)[];

const noSums = (): Sums => ({
  requests: 0,
  faults: 0,
  hits: 0,
  misses: 0,
  registrations: 0,
  paymentsConfirmed: 0,
  paymentsFailed: 0,
});

export const watchedMinuteOf = (watchedSeconds: number) => Math.floor(watchedSeconds / MINUTE_SECONDS);
export const watchedHourOf = (watchedSeconds: number) => Math.floor(watchedSeconds / HOUR_SECONDS);

/** Leaves out what is older than the windows are long. */
export function prune(windows: Windows, watchedSeconds: number): void {
  const minute = watchedMinuteOf(watchedSeconds);
  const hour = watchedHourOf(watchedSeconds);
  windows.recent = windows.recent.filter(({ at }) => at > minute - RECENT_MINUTES);
  windows.minutes = windows.minutes.filter(({ at }) => at > minute - MINUTES_KEPT);
  windows.hours = windows.hours.filter(({ at }) => at > hour - HOURS_KEPT);
  for (const slot of windows.hours) if (slot.at <= hour - HOURS_WITH_CULPRITS) slot.culprits = [];
}

/** Adds what happened at a time that has been watched, or a little before. */
export function addSums(
  windows: Windows,
  watchedSeconds: number,
  added: Partial<Sums>,
  culprit?: Culprit,
): void {
  const [minute, hour] = [watchedMinuteOf(watchedSeconds), watchedHourOf(watchedSeconds)];
  for (const slot of [slotAt(windows.minutes, minute), slotAt(windows.hours, hour)]) {
    for (const name of SUMS) slot[name] += added[name] ?? 0;
    if (culprit !== undefined && culprit.faults > 0) addCulprit(slot.culprits, culprit);
  }
}

function slotAt(slots: Slot[], at: number): Slot {
  const held = slots.findLast((slot) => slot.at === at);
  if (held !== undefined) return held;
  const slot = { at, ...noSums(), culprits: [] };
  slots.push(slot);
  slots.sort((left, right) => left.at - right.at);
  return slot;
}

const isSame = (left: Worst, right: Worst) =>
  left.operationId === right.operationId && left.client === right.client && left.version === right.version;

function addCulprit(culprits: Culprit[], culprit: Culprit): void {
  const held = culprits.find((each) => isSame(each, culprit));
  if (held === undefined) culprits.push({ ...culprit });
  else held.faults += culprit.faults;
}

/** To be called when everything of a look has been added. */
export function boundCulprits(windows: Windows): void {
  for (const slot of [...windows.minutes, ...windows.hours]) {
    slot.culprits.sort((left, right) => right.faults - left.faults);
    slot.culprits.splice(CULPRITS_MAX);
  }
}

/** One slot for each look; it holds what all isolates have written since the last one. */
export function addRecent(windows: Windows, slot: RecentSlot): void {
  const held = windows.recent.findLast(({ at }) => at === slot.at);
  if (held === undefined) windows.recent.push(bounded(slot));
  else Object.assign(held, bounded(mergedRecent([held, slot])));
}

function bounded({ cells, refusedDocuments, ...slot }: RecentSlot): RecentSlot {
  return {
    ...slot,
    // Operations that take long or are refused are the ones that rules look for.
    cells: cells.toSorted((left, right) => weightOf(right) - weightOf(left)).slice(0, RECENT_CELLS_MAX),
    refusedDocuments: refusedDocuments
      .toSorted((left, right) => right.count - left.count)
      .slice(0, REFUSED_DOCUMENTS_MAX),
  };
}

const weightOf = ({ durationMs, count, unknown }: RecentCell) => durationMs + count + unknown;

/** All recent slots as one. */
export function mergedRecent(slots: readonly RecentSlot[]): RecentSlot {
  const cells: RecentCell[] = [];
  const documents: RefusedDocument[] = [];
  const byKey = new Map<string, RecentCell>();
  for (const cell of slots.flatMap((slot) => slot.cells)) {
    const key = JSON.stringify([cell.operationId, cell.client, cell.version]);
    const held = byKey.get(key);
    if (held === undefined) {
      const copy = { ...cell };
      byKey.set(key, copy);
      cells.push(copy);
      continue;
    }
    held.count += cell.count;
    held.unknown += cell.unknown;
    held.misses += cell.misses;
    held.durationMs += cell.durationMs;
    held.histogram = LatencyHistogram.of(held.histogram, cell.histogram).sparse();
  }
  for (const document of slots.flatMap((slot) => slot.refusedDocuments)) {
    const held = documents.find(
      ({ client, version, documentId }) =>
        client === document.client && version === document.version && documentId === document.documentId,
    );
    if (held === undefined) documents.push({ ...document });
    else held.count += document.count;
  }
  const shares = slots.map(({ memoryShare }) => memoryShare).filter((share) => share !== null);
  return {
    at: slots.at(-1)?.at ?? 0,
    cells,
    refusedDocuments: documents,
    d1: LatencyHistogram.of(...slots.map(({ d1 }) => d1)).sparse(),
    memoryShare: shares.length === 0 ? null : Math.max(...shares),
  };
}

/** The sums of the last minutes, the running one included. */
export const sumOfMinutes = (windows: Windows, watchedSeconds: number, minutes: number): Slot =>
  sumSince(windows.minutes, watchedMinuteOf(watchedSeconds) - minutes);

/** The sums of the last hours, beside the running one: an hour is added as soon as it begins. */
export const sumOfHours = (windows: Windows, watchedSeconds: number, hours: number): Slot =>
  sumSince(windows.hours, watchedHourOf(watchedSeconds) - hours - 1);

function sumSince(slots: readonly Slot[], after: number): Slot {
  const sum: Slot = { at: after, ...noSums(), culprits: [] };
  for (const slot of slots) {
    if (slot.at <= after) continue;
    for (const name of SUMS) sum[name] += slot[name];
    for (const culprit of slot.culprits) addCulprit(sum.culprits, culprit);
  }
  return sum;
}

/** The culprit with the most faults; undefined where there is none. */
export function worstOf({ culprits }: Slot): Worst | undefined {
  const worst = culprits.toSorted((left, right) => right.faults - left.faults)[0];
  return worst && namesOf(worst);
}

export const namesOf = ({ operationId, client, version }: Worst): Worst => ({ operationId, client, version });
