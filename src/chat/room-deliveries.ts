/**
 * Delivers the changes of a room to the hubs that watch it.
 *
 * Guaranteed: a hub gets every change, in order, at least once, also over an eviction of the room: it skips those that it has
 * had. A hub that takes none for long loses the oldest, and is told up to where. One delivery to a hub is under way at a time;
 * changes that come meanwhile go with the next one. A hub that is slow or fails delays no other.
 */
import { CHAT_RETRY_MAX_MS, CHAT_RETRY_MS, HUB_PUBLISH_TIMEOUT_MS } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import { answerWithin } from '../storage/answer-within.ts';
import type { RoomChange } from './room-calls.ts';
import { eventsOf } from './room-events.ts';
import { watchingHubIds } from './room-hubs.ts';
import type { OpenRoom, RoomStore } from './room-store.ts';

/** Of the largest messages, with those that they answer, they are two megabytes. */
const CHANGES_AT_ONCE = 200;

export interface DeliverySources {
  store: RoomStore;
  /** Rejects if the hub did not take them. Changes up to `lostUpTo` were dropped before it had; 0 if none were. */
  publish(hubId: string, changes: RoomChange[], lostUpTo: number): Promise<void>;
  waitUntil(promise: Promise<unknown>): void;
  alarmNowMs(): number;
  /** A delivery has ended, and there is something to deliver: it has failed, or a change has come since. */
  isLeft(): void;
}

interface WatchingHub {
  /** It has taken all changes up to here. */
  position: number;
  delivery: Promise<void> | null;
  /** By the clock of alarms: not before. */
  retryAtMs: number;
  /** Deliveries that have failed one after the other. */
  failures: number;
}

const beginningAt = (position: number): WatchingHub => ({
  ...{ position, delivery: null, retryAtMs: 0, failures: 0 },
});

export class RoomDeliveries {
  readonly #sources: DeliverySources;
  #hubs: Map<string, WatchingHub> | null = null;

  constructor(sources: DeliverySources) {
    this.#sources = sources;
  }

  get hubIds(): string[] {
    return [...this.#watching().keys()];
  }

  /** Every hub that watches has taken all changes up to here; infinite if none does. */
  deliveredPosition(): number {
    return Math.min(...[...this.#watching().values()].map(({ position }) => position));
  }

  /** A hub has not taken a change yet. */
  get isPending(): boolean {
    return [...this.#watching().values()].some((hub) => this.#isPending(hub));
  }

  /** When the next failed delivery may be repeated, by the clock of alarms; null if none has failed. */
  retryAtMs(): number | null {
    const pending = [...this.#watching().values()].filter(
      (hub) => hub.delivery === null && this.#isPending(hub),
    );
    return pending.length === 0 ? null : Math.min(...pending.map(({ retryAtMs }) => retryAtMs));
  }

  /** A hub that watched already keeps its position: the answer that told it a later one may be lost. */
  join(hubId: string, position: number): void {
    const hubs = this.#watching();
    if (!hubs.has(hubId)) hubs.set(hubId, beginningAt(position));
  }

  leave(hubId: string): void {
    this.#watching().delete(hubId);
  }

  /** Begins what is pending. Never throws. */
  deliver(): void {
    const nowMs = this.#sources.alarmNowMs();
    for (const [hubId, hub] of this.#watching()) {
      if (hub.delivery !== null || hub.retryAtMs > nowMs || !this.#isPending(hub)) continue;
      const delivery = this.#deliverTo(hubId, hub).finally(() => {
        hub.delivery = null;
        if (this.#watching().get(hubId) === hub && this.#isPending(hub)) this.#sources.isLeft();
      });
      hub.delivery = delivery;
      this.#sources.waitUntil(delivery);
    }
  }

  /** Resolves when no delivery is under way. */
  async idle(): Promise<void> {
    await Promise.all([...this.#watching().values()].map(({ delivery }) => delivery));
  }

  /** Never rejects. */
  async #deliverTo(hubId: string, hub: WatchingHub): Promise<void> {
    // Not in the step that has made the change: a caller that throws here has stored all the same.
    await null;
    try {
      for (let room = this.#sources.store.open; room !== null && this.#isPending(hub); ) {
        await this.#deliverBatch(room, hubId, hub);
        if (this.#watching().get(hubId) !== hub) return;
        room = this.#sources.store.open;
      }
      hub.retryAtMs = 0;
    } catch (error) {
      hub.retryAtMs =
        this.#sources.alarmNowMs() + Math.min(CHAT_RETRY_MAX_MS, CHAT_RETRY_MS * 2 ** hub.failures);
      hub.failures += 1;
      log.warn('chat.publish_failed', { hubId, position: hub.position, ...errorFields(error) });
    }
  }

  async #deliverBatch(room: OpenRoom, hubId: string, hub: WatchingHub): Promise<void> {
    const changes = room.changes.after(hub.position, CHANGES_AT_ONCE);
    const last = changes.at(-1)?.position ?? room.changes.position;
    const events = eventsOf(room, changes);
    const lostUpTo = hub.position < room.changes.lostUpTo ? room.changes.lostUpTo : 0;
    if (events.length > 0 || lostUpTo > 0)
      await answerWithin(HUB_PUBLISH_TIMEOUT_MS, 'hub', () => this.#sources.publish(hubId, events, lostUpTo));
    hub.failures = 0;
    hub.position = Math.max(hub.position, last);
  }

  #isPending(hub: WatchingHub): boolean {
    return hub.position < (this.#sources.store.open?.changes.position ?? 0);
  }

  #watching(): Map<string, WatchingHub> {
    if (this.#hubs !== null) return this.#hubs;
    const room = this.#sources.store.open;
    const hubIds = room === null ? [] : watchingHubIds(room);
    const position = room?.row.delivered_position ?? 0;
    this.#hubs = new Map(hubIds.map((hubId) => [hubId, beginningAt(position)]));
    return this.#hubs;
  }
}
