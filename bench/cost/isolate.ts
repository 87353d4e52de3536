/** One isolate of the gateway: its own classes, with fake storage behind them and measured costs in front of them. */
import { CachedAnswers, type ServedAnswer } from '../../src/cache/cached-answers.ts';
import { GenerationsMemory } from '../../src/cache/freshness.ts';
import type { CacheKey } from '../../src/cache/response-cache.ts';
import { PriceSnapshotMemory } from '../../src/loaders/prices.ts';
import { createProjectDetailLoader } from '../../src/loaders/projects.ts';
import { bundledRelease } from '../../src/operations/manifest.ts';
import type { RegisteredOperation } from '../../src/operations/registered-operation.ts';
import { TieredRegistry } from '../../src/operations/registry.ts';
import { UsageCounts } from '../../src/operations/usage.ts';
import { type AnswerTier, type SharedAnswers, SharedResponseCache } from './shared-answers.ts';

/** The distinct request as the simulation knows it. */
export interface SimulatedRequest {
  operation: RegisteredOperation;
  key: CacheKey | null;
  /** Stands for the body: as many bytes, which nobody reads. */
  body: Uint8Array<ArrayBuffer>;
  detailIds: readonly string[];
}

export interface IsolateSources {
  db: D1Database;
  cacheKv: KVNamespace;
  pricesKv: KVNamespace;
  /** Holds details of projects, and nothing else. */
  detailsDb: D1Database;
  shared: SharedAnswers;
  nowMs(): number;
  /** Charges what one execution costs beside KV. */
  executed(request: SimulatedRequest): void;
  upstreamCalled(): void;
}

export type Served = { outcome: ServedAnswer['outcome']; tier: AnswerTier; executedAtMs: number };

const NO_DETAIL = { about: null, team: [], roadmap: [], tokenomics: [] };

export class Isolate {
  readonly #sources: IsolateSources;
  readonly #registry: TieredRegistry;
  readonly #usage: UsageCounts;
  readonly #snapshot = new PriceSnapshotMemory();
  readonly #cache: SharedResponseCache;
  readonly #generations: GenerationsMemory;
  readonly #answers: CachedAnswers;
  #waiting: Promise<unknown>[] = [];

  constructor(sources: IsolateSources) {
    const { db, cacheKv, pricesKv, shared, nowMs } = sources;
    this.#sources = sources;
    this.#registry = new TieredRegistry({ db, kv: cacheKv, bundled: bundledRelease, nowMs });
    this.#usage = new UsageCounts({ db, nowMs });
    const generations = new GenerationsMemory(cacheKv);
    this.#generations = generations;
    this.#cache = new SharedResponseCache({
      kv: cacheKv,
      schemaHash: bundledRelease.schemaHash,
      shared,
      generations: () => generations.recent(nowMs()),
      nowMs,
    });
    this.#answers = new CachedAnswers({
      cache: this.#cache,
      generations,
      pricesAsOf: (atMs, known) => this.#snapshot.asOf(pricesKv, atMs, known),
      nowMs,
    });
  }

  /** As `src/http/graphql-route.ts` and `src/gateway.ts` go about a request. */
  async handle(
    request: SimulatedRequest,
    client: { name: string; version: string },
    isConditional: boolean,
  ): Promise<Served | null> {
    const { operation, key } = request;
    if (this.#registry.known(operation, this.#sources.nowMs()) === undefined)
      await this.#registry.find(operation.id);
    this.#usage.used(operation.id, client);
    let served: Served | null = null;
    if (key === null) await this.#execute(request);
    else {
      const waitUntil = (promise: Promise<unknown>) => this.#waiting.push(promise);
      const answer = await this.#answers.serve(key, {
        isConditional,
        waitUntil,
        execute: async () => {
          await this.#execute(request);
          return { body: request.body, hasErrors: false, isFault: false };
        },
      });
      if (answer.outcome === 'BYPASS') throw new Error('nothing fails in the simulation');
      const tier = answer.outcome === 'MISS' ? 'memory' : this.#cache.foundIn;
      served = { outcome: answer.outcome, tier, executedAtMs: answer.answer.executedAtMs };
    }
    const nowMs = this.#sources.nowMs();
    if (this.#usage.isDue(nowMs)) this.#waiting.push(this.#usage.flushWhenDue());
    if (this.#generations.claimRenewal(nowMs)) this.#waiting.push(this.#generations.renew(nowMs));
    for (let index = 0; index < this.#waiting.length; index += 1) await this.#waiting[index];
    this.#waiting = [];
    return served;
  }

  async #execute(request: SimulatedRequest): Promise<void> {
    const { pricesKv, detailsDb, nowMs, executed, upstreamCalled } = this.#sources;
    executed(request);
    await this.#snapshot.read(pricesKv, nowMs());
    if (request.detailIds.length === 0) return;
    const details = createProjectDetailLoader({
      db: detailsDb,
      nowSeconds: Math.floor(nowMs() / 1000),
      fetchDetail: async () => {
        upstreamCalled();
        return NO_DETAIL;
      },
      waitUntil: (promise) => this.#waiting.push(promise),
    });
    await Promise.all(request.detailIds.map((id) => details.byProjectId(id)));
  }
}
