/**
 * The source of changes of pools and investments: what syncs leave in D1 in the transaction that changed the rows, and
 * pools whose status the clock has changed. Nothing is lost where it is not told that there is something: it reads on
 * from where it was at the next occasion.
 *
 * While nobody watches no alarm runs; it only takes note of what each sync has changed, for whoever comes back. Several
 * changes of one entity within `SALE_COALESCING_MS` leave as the latest one.
 */
import { SALE_COALESCING_MS, SALE_RETRY_MS } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import type { IdoPoolRow } from '../storage/d1/ido-pools.ts';
import type { InvestmentRow } from '../storage/d1/investments.ts';
import {
  deleteSaleChanges,
  lastSaleChange,
  nextPoolBoundary,
  type SaleChanges,
  saleChangesAfter,
} from '../storage/d1/sale-changes.ts';
import { TopicLog, type TopicLogOptions, type TopicStates, type TopicUpdate } from './topic-log.ts';
import { wakeAt } from './wake-at.ts';

export type SaleRow = IdoPoolRow | InvestmentRow;

export interface SaleFeedSources extends Omit<TopicLogOptions<SaleRow>, 'isComplete'> {
  db: D1Database;
}

interface Cursor {
  change: number;
  /** Unix seconds: up to here the clock had been followed when the last change was read. */
  clock: number;
}

export const poolTopic = (poolId: string) => `pool:${poolId}`;
/** All investments of one user. */
export const investorTopic = (userId: string) => `investor:${userId}`;
export const investmentEntity = (investmentId: string) => `investment:${investmentId}`;

export class SaleFeedReader {
  readonly #sources: SaleFeedSources;
  readonly #log: TopicLog<SaleRow, Cursor>;
  /** Unix seconds: up to here the clock has been followed; not stored, for nothing has changed since what is. */
  #clock: number;
  /** One reading at a time. */
  #turn: Promise<void> = Promise.resolve();

  constructor(sources: SaleFeedSources) {
    this.#sources = sources;
    this.#log = new TopicLog({ ...sources, isComplete: true });
    this.#clock = this.#log.cursor?.clock ?? 0;
  }

  /**
   * Replaces what a hub watches; no topics where it watches nothing any more.
   *
   * @returns what has changed of them lately. What D1 says from now on is no older. Rejects where D1 fails.
   */
  async watch(hubId: string, topics: readonly string[]): Promise<TopicStates<SaleRow>> {
    this.#log.watch(hubId, topics);
    if (topics.length > 0) await this.#catchUp();
    await this.#schedule(true);
    return this.#log.states(topics);
  }

  /** To be called once rows have been written. */
  async changed(): Promise<void> {
    if (this.#log.watched().size === 0) await this.#catchUp();
    else await wakeAt(this.#sources.storage, this.#sources.nowMs() + SALE_COALESCING_MS);
  }

  async alarm(): Promise<void> {
    let isRead = true;
    try {
      await this.#catchUp();
    } catch (error) {
      log.warn('sale_feed.read_failed', errorFields(error));
      isRead = false;
    }
    const isTold = await this.#log.tell();
    await this.#schedule(isRead && isTold);
  }

  #catchUp(): Promise<void> {
    const turn = this.#turn.then(() => this.#read());
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #read(): Promise<void> {
    const { db, nowMs } = this.#sources;
    for (let hasMore = true; hasMore; ) {
      const clock = Math.floor(nowMs() / 1000);
      const cursor = this.#log.cursor;
      if (cursor === null) {
        this.#log.append([], { change: await lastSaleChange(db), clock });
        this.#clock = clock;
        return;
      }
      const changes = await saleChangesAfter(db, cursor.change, { from: this.#clock, to: clock });
      const { cursor: change, readTo } = changes;
      const updates = updatesOf(changes);
      this.#clock = Math.max(clock, this.#clock);
      if (updates.length > 0 || change !== cursor.change)
        this.#log.append(updates, { change, clock: this.#clock });
      // The platform lets nothing leave before what was stored is written.
      if (readTo !== null) await deleteSaleChanges(db, readTo);
      hasMore = changes.hasMore;
    }
  }

  /** For what is to be told, to be tried again, or to come by the clock; for nothing while nobody watches. */
  async #schedule(isDone: boolean): Promise<void> {
    const { storage, db, nowMs } = this.#sources;
    const watched = [...this.#log.watched()];
    if (watched.length === 0) return storage.deleteAlarm();
    if (!isDone) return wakeAt(storage, nowMs() + SALE_RETRY_MS);
    if (this.#log.isOwing()) return wakeAt(storage, nowMs() + SALE_COALESCING_MS);
    if (!watched.some((topic) => topic.startsWith(poolTopic('')))) return;
    const boundary = await nextPoolBoundary(db, this.#clock);
    if (boundary !== null) await wakeAt(storage, boundary * 1000);
  }
}

function updatesOf({ pools, investments }: SaleChanges): TopicUpdate<SaleRow>[] {
  return [
    ...pools.map((row) => ({ topic: poolTopic(row.id), entity: poolTopic(row.id), value: row })),
    ...investments.map((row) => ({
      topic: investorTopic(row.user_id),
      entity: investmentEntity(row.id),
      value: row,
    })),
  ];
}
