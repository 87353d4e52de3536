/**
 * The fixed traffic through the gateway's own cache classes, request by request on a driven clock.
 *
 * Guarantees: every KV key read or written and every D1 row is one that the classes asked for, or that was measured for
 * the request or the cron that runs. It refuses to be more than that: requests come evenly to all isolates and at all
 * hours, what is executed takes no time, and nothing fails.
 */

import manifest from '../../operations/manifest.json' with { type: 'json' };
import {
  CACHE_GENERATIONS_KEY,
  OPERATION_LIVENESS_KEY,
  PRICE_SNAPSHOT_KEY,
} from '../../src/storage/kv/keys.ts';
import { seededRandom } from '../seeded-random.ts';
import { detailTable } from './detail-table.ts';
import { digestAtOnce } from './digest-at-once.ts';
import { FakeKv } from './fake-kv.ts';
import { Isolate, type SimulatedRequest } from './isolate.ts';
import type { MeasuredCosts } from './measure-gateway.ts';
import { polledKvs } from './polled-kv.ts';
import { ranksByZipf } from './ranks-by-zipf.ts';
import type { SharedAnswers } from './shared-answers.ts';
import { simulatedRequests } from './simulated-requests.ts';
import { applySyncs, SyncedTags } from './synced-tags.ts';
import { Totals } from './totals.ts';
import type { Variant } from './variants.ts';
import { WorkersCache } from './workers-cache.ts';

/** Nothing; Workers' own cache without an upper tier, with one of four for each location, with one for all. */
export type Front = 'none' | 'location' | 'tiered-4' | 'tiered';
const UPPER_TIERS: Readonly<Record<Front, number>> = { none: 0, location: 0, 'tiered-4': 4, tiered: 1 };

export interface SimulationOptions {
  measured: MeasuredCosts;
  variant: Variant;
  front: Front;
  /** Zipf's s. */
  exponent: number;
  seed: number;
  /** Simulated and counted, after as long a warm-up as an isolate lives. */
  hours: number;
  locations: number;
  isolatesPerLocation: number;
  isolateLifeMs: number;
}

export const REQUESTS_A_MONTH = 50e6;
export const SECONDS_A_MONTH = 30 * 86_400;
const PRIVATE_SHARE = 0.1;
const START_MS = Date.UTC(2026, 10, 4);
const HOUR_MS = 3_600_000;

/** Two apps and a website, two releases of each: what counts of uses are kept by. Assumed. */
const CLIENTS = ['ios', 'android', 'web'].flatMap((name) =>
  ['5.1.0', '5.2.0'].map((version) => ({ name, version })),
);

/** What lives, as it is written when a release is published: everything does. */
const LIVENESS = JSON.stringify({
  revision: 1,
  asOf: 0,
  gateways: [manifest.version],
  carried: [],
  deprecated: {},
  retired: [],
});

export async function simulate(options: SimulationOptions): Promise<Totals> {
  const { measured, variant, locations, isolatesPerLocation, isolateLifeMs } = options;
  const restoreDigest = digestAtOnce();
  let nowMs = START_MS;
  const clock = () => nowMs;
  const random = seededRandom(options.seed);
  const totals = new Totals({ pricesPutInWhenServed: variant.pricesPutInWhenServed });
  const cacheKv = new FakeKv({ nowMs: clock, causeOf });
  const pricesKv = new FakeKv({ nowMs: clock, causeOf });
  const detailsDb = detailTable((rows) => totals.detailsWritten(rows));
  const syncs = new SyncedTags(cacheKv.location(), pricesKv.location());
  await cacheKv.location().put(OPERATION_LIVENESS_KEY, LIVENESS);
  await syncs.all(nowMs);
  const front = new WorkersCache({ locations, upperTiers: UPPER_TIERS[options.front] });
  const upper: SharedAnswers['upper'] = variant.sharedAnswers === 'tiered' ? new Map() : null;
  const places = Array.from({ length: locations }, () => ({
    cacheKv: cacheKv.location(),
    pricesKv: pricesKv.location(),
    polls: new Map(),
    shared: {
      location: variant.sharedAnswers === 'none' ? null : new Map(),
      upper,
      kvMinMaxAgeSeconds: variant.kvMinMaxAgeSeconds,
    },
  }));
  const db = usageDb(() => totals.usageFlushed(measured.usage));
  const newIsolate = (place: (typeof places)[number]) => {
    const { sharedPollSeconds: sharedSeconds, rereadByGeneration: byGeneration } = variant;
    const polled =
      sharedSeconds === 0 && !byGeneration
        ? (kv: KVNamespace) => kv
        : polledKvs({ shared: place.polls, sharedSeconds, byGeneration, nowMs: clock });
    return new Isolate({
      db,
      cacheKv: polled(place.cacheKv),
      pricesKv: polled(place.pricesKv),
      detailsDb,
      shared: place.shared,
      nowMs: clock,
      executed: (request) => totals.executed(request),
      upstreamCalled: () => totals.upstreamCalled(),
    });
  };
  const isolates = places.flatMap((place) =>
    Array.from({ length: isolatesPerLocation }, () => ({
      place,
      isolate: newIsolate(place),
      endsAtMs: START_MS + random() * isolateLifeMs,
    })),
  );

  const publicRequests = simulatedRequests(measured.publicRequests, variant, totals);
  const privateRequests = simulatedRequests(measured.privateRequests, variant, totals);
  const pickRank = ranksByZipf(publicRequests.length, options.exponent);
  const meanGapMs = (SECONDS_A_MONTH * 1000) / REQUESTS_A_MONTH;
  const warmUpMs = HOUR_MS / 2;
  const endMs = START_MS + warmUpMs + options.hours * HOUR_MS;
  let counting = false;
  for (;;) {
    nowMs += -Math.log(1 - random()) * meanGapMs;
    if (nowMs >= endMs) break;
    if (!counting && nowMs >= START_MS + warmUpMs) {
      counting = true;
      totals.reset();
      for (const { counts } of [cacheKv, pricesKv]) for (const map of Object.values(counts)) map.clear();
    }
    const arrivedAtMs = nowMs;
    await applySyncs(syncs, arrivedAtMs, (atMs, tags) => {
      nowMs = atMs;
      front.purge(tags, atMs);
    });
    nowMs = arrivedAtMs;
    const index = Math.floor(random() * isolates.length);
    const slot = isolates[index] as (typeof isolates)[number];
    while (slot.endsAtMs <= nowMs) {
      slot.endsAtMs += isolateLifeMs;
      slot.isolate = newIsolate(slot.place);
    }
    const client = CLIENTS[Math.floor(random() * CLIENTS.length)] as (typeof CLIENTS)[number];
    const isPrivate = random() < PRIVATE_SHARE;
    const request = (
      isPrivate
        ? privateRequests[Math.floor(random() * privateRequests.length)]
        : publicRequests[pickRank(random())]
    ) as SimulatedRequest;
    const { key } = request;
    const ask = (isConditional: boolean) => {
      totals.invoked();
      return slot.isolate.handle(request, client, isConditional);
    };
    if (key === null) {
      await ask(false);
      totals.answeredPrivate(request);
      continue;
    }
    if (options.front === 'none') {
      totals.answered(request, await ask(false), nowMs);
      continue;
    }
    let served: Awaited<ReturnType<typeof ask>> = null;
    const outcome = await front.serve({
      location: Math.floor(index / isolatesPerLocation),
      key: key.text,
      policy: key.policy,
      nowMs,
      forward: async (isConditional) => {
        served = await ask(isConditional);
        return served;
      },
    });
    if (outcome === 'forwarded') totals.answered(request, served, nowMs);
    else totals.answeredInFront(request, outcome, nowMs);
  }
  totals.close(options.hours, [cacheKv.counts, pricesKv.counts]);
  restoreDigest();
  return totals;
}

/** The database as the counts of uses write to it, and nothing else does. */
function usageDb(flushed: () => void): D1Database {
  const db = { prepare: () => ({ bind: () => ({ run: async () => flushed() }) }) };
  return db as unknown as D1Database;
}

function causeOf(key: string): string {
  if (key === CACHE_GENERATIONS_KEY) return 'generations';
  if (key === OPERATION_LIVENESS_KEY) return 'liveness';
  if (key === PRICE_SNAPSHOT_KEY) return 'snapshot';
  const [kind = ''] = key.split(':');
  return kind === 'answer' ? 'answers' : kind;
}
