/**
 * The source of changes of pools and investments: changes that syncs leave in D1 in the transaction that changed the
 * rows, and pools whose status the clock has changed. A lost call of `changed` loses nothing: the next reading starts
 * where the last one ended.
 *
 * While nobody watches no alarm runs; changes of each sync are only logged, for subscriptions that resume. Several
 * changes of one entity within `SALE_COALESCING_MS` are delivered as the latest one.
 */
import { SALE_COALESCING_MS, SALE_READ_TIMEOUT_MS, SALE_RETRY_MS } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import { answerWithin } from '../storage/answer-within.ts';
import type { IdoPoolRow } from '../storage/d1/ido-pools.ts';
import type { InvestmentRow } from '../storage/d1/investments.ts';
import {
  deleteSaleChanges,
  lastSaleChange,
  nextPoolBoundary,
  type SaleChanges,
  saleChangesAfter,
} from '../storage/d1/sale-changes.ts';
import { setAlarmBy } from './object-storage.ts';
import { TopicLog, type TopicLogOptions, type TopicStates, type TopicUpdate } from './topic-log.ts';

export type SaleRow = IdoPoolRow | InvestmentRow;

export interface SaleFeedSources extends Omit<TopicLogOptions<SaleRow>, 'isComplete'> {
  db: D1Database;
}

interface Cursor {
  change: number;
  /** Unix seconds: status changes by the clock were read up to here, when the last change was read. */
  clock: number;
}

export const poolTopic = (poolId: string) => `pool:${poolId}`;
/** All investments of one user. */
export const investorTopic = (userId: string) => `investor:${userId}`;
export const investmentEntity = (investmentId: string) => `investment:${investmentId}`;

export class SaleFeedReader {
  readonly #sources: SaleFeedSources;
  readonly #log: TopicLog<SaleRow, Cursor>;
  /** Unix seconds: status changes by the clock are read up to here. Not stored while there are none. */
  #clock: number;
  /** One reading at a time. Each call of D1 has a time limit: no reading keeps the next one waiting for long. */
  #turn: Promise<void> = Promise.resolve();
  /** The reading that waits for the running one; all who ask meanwhile share it. */
  #nextReading: Promise<void> | null = null;

  constructor(sources: SaleFeedSources) {
    this.#sources = sources;
    this.#log = new TopicLog({ ...sources, isComplete: true });
    this.#clock = this.#log.cursor?.clock ?? 0;
  }

  /**
   * Replaces the topics that a hub watches; none if it watches nothing any more.
   *
   * @param callNumber grows with each call of the hub; rejects if a later one has arrived.
   * @returns their latest changes. Rows of D1 are no older from now on. Rejects if D1 fails.
   */
  async watch(hubId: string, topics: readonly string[], callNumber?: number): Promise<TopicStates<SaleRow>> {
    this.#log.watch(hubId, topics, callNumber);
    if (topics.length > 0) await this.#catchUp();
    await this.#schedule(true);
    return this.#log.states(topics);
  }

  /** To be called once rows have been written. */
  async changed(): Promise<void> {
    if (this.#log.watched().size === 0) await this.#catchUp();
    else await setAlarmBy(this.#sources.storage, this.#sources.nowMs() + SALE_COALESCING_MS);
  }

  async alarm(): Promise<void> {
    let isRead = true;
    try {
      await this.#catchUp();
    } catch (error) {
      log.warn('sale_feed.read_failed', errorFields(error));
      isRead = false;
    }
    const isDelivered = await this.#log.deliver();
    await this.#schedule(isRead && isDelivered);
  }

  #catchUp(): Promise<void> {
    if (this.#nextReading !== null) return this.#nextReading;
    const reading = this.#turn.then(() => {
      this.#nextReading = null;
      return this.#read();
    });
    this.#nextReading = reading;
    this.#turn = reading.catch(() => undefined);
    return reading;
  }

  async #read(): Promise<void> {
    const { db, nowMs } = this.#sources;
    for (let hasMore = true; hasMore; ) {
      const clock = Math.floor(nowMs() / 1000);
      const cursor = this.#log.cursor;
      if (cursor === null) {
        this.#log.append([], { change: await inTime(() => lastSaleChange(db)), clock });
        this.#clock = clock;
        return;
      }
      const span = { from: this.#clock, to: clock };
      const changes = await inTime(() => saleChangesAfter(db, cursor.change, span));
      const { cursor: change, readTo } = changes;
      const updates = updatesOf(changes);
      this.#clock = Math.max(clock, this.#clock);
      if (updates.length > 0 || change !== cursor.change)
        this.#log.append(updates, { change, clock: this.#clock });
      // The platform sends nothing before earlier writes are stored.
      if (readTo !== null) await inTime(() => deleteSaleChanges(db, readTo));
      hasMore = changes.hasMore;
    }
  }

  /** Sets the alarm for a retry, for pending changes, or for the next change by the clock; none while nobody watches. */
  async #schedule(isDone: boolean): Promise<void> {
    const { storage, db, nowMs } = this.#sources;
    const watched = [...this.#log.watched()];
    if (watched.length === 0) return storage.deleteAlarm();
    if (!isDone) return setAlarmBy(storage, nowMs() + SALE_RETRY_MS);
    if (this.#log.hasPending()) return setAlarmBy(storage, nowMs() + SALE_COALESCING_MS);
    if (!watched.some((topic) => topic.startsWith(poolTopic('')))) return;
    const boundary = await nextPoolBoundary(db, this.#clock);
    if (boundary !== null) await setAlarmBy(storage, boundary * 1000);
  }
}

/** A later answer does not count. */
const inTime = <Answer>(call: () => Promise<Answer>) => answerWithin(SALE_READ_TIMEOUT_MS, 'database', call);

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
