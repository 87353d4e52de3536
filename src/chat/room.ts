/**
 * A room at work: the calls of `room-calls.ts` over its rows, its deliveries and its alarm.
 *
 * Guaranteed: each command decides and writes in one synchronous step, after everything that it has waited for. A change is
 * answered once it is stored; it is delivered beside, and an alarm is set in the same step, so that an eviction at any moment
 * loses nothing. A room that nobody has used and nobody watches stores nothing.
 */
import { CHAT_RETRY_MS, HUB_PUBLISH_TIMEOUT_MS } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import { answerWithin } from '../storage/answer-within.ts';
import { messageNotFound } from './message-not-found.ts';
import { actsAfter } from './room-acts.ts';
import { RoomAlarm } from './room-alarm.ts';
import { applyAuthor, authorRow } from './room-authors.ts';
import type {
  AuthorChange,
  ChatMessage,
  ChatRejection,
  ModerateRequest,
  ModerationAct,
  PostRequest,
  ReportRequest,
  RoomCalls,
  RoomChange,
  RoomRead,
  RoomReading,
  RoomStates,
} from './room-calls.ts';
import { RoomDeliveries } from './room-deliveries.ts';
import { eventsOf } from './room-events.ts';
import { RoomExpiry } from './room-expiry.ts';
import { noteWatch } from './room-hubs.ts';
import type { RoomKey } from './room-key.ts';
import { moderateRoom } from './room-moderation.ts';
import { postMessage, reactTo, removeMessage, reportMessage } from './room-posts.ts';
import { readRoom } from './room-reading.ts';
import { exportedRows } from './room-record.ts';
import { NOT_ALLOWED } from './room-sanctions.ts';
import { type OpenRoom, RoomStore } from './room-store.ts';
import type { RoomStorage } from './room-tables.ts';
import { RoomWatching } from './room-watching.ts';

/** While changes come, an alarm stands this far away: after it, the next one is set by the next change. */
const SAFETY_MS = 10_000;
const NOTE_TIMEOUT_MS = 3_000;

export interface RoomOptions {
  key: RoomKey;
  storage: RoomStorage;
  /** Notes in D1 that a user is known to the room; false if the account is closed. */
  noteAuthor(userId: string): Promise<boolean>;
  /**
   * Delivers changes to a hub, in order; rejects if it did not take them. Changes up to `lostUpTo` were dropped before it
   * had taken them; 0 if none were.
   */
  publish(hubId: string, changes: RoomChange[], lostUpTo: number): Promise<void>;
  /** How many subscriptions of a hub watch the room. */
  watching(hubId: string): Promise<number>;
  waitUntil(promise: Promise<unknown>): void;
  nowMs(): number;
  /** The clock by which alarms go off. */
  alarmNowMs(): number;
}

export class Room implements RoomCalls {
  readonly #options: RoomOptions;
  readonly #store: RoomStore;
  readonly #deliveries: RoomDeliveries;
  readonly #alarm: RoomAlarm;
  readonly #watching: RoomWatching;
  readonly #expiry = new RoomExpiry();

  constructor(options: RoomOptions) {
    this.#options = options;
    const store = new RoomStore({
      ...options,
      deliveredPosition: () => this.#deliveries.deliveredPosition(),
      isCleared: () => this.#alarm.wentOff(),
    });
    this.#store = store;
    this.#alarm = new RoomAlarm(options.storage);
    this.#deliveries = new RoomDeliveries({ ...options, store, isLeft: () => this.#goOn() });
    this.#watching = new RoomWatching({ ...options, hubIds: () => this.#deliveries.hubIds });
  }

  async post(request: PostRequest): Promise<ChatMessage | ChatRejection> {
    const { author, refusal, replyTo } = request;
    if (!this.#knows(author.id)) {
      // Who is unknown has posted nothing: it needs no row to be refused.
      if (refusal !== null) return refusal;
      if (replyTo !== null && this.#store.open === null) return messageNotFound(['input', 'replyTo']);
      if (!(await this.#noted(author.id))) return NOT_ALLOWED;
    }
    return this.#command((room) => {
      const nowSeconds = this.#nowSeconds();
      const answer = postMessage(room, request, nowSeconds);
      if ('sequence' in answer) this.#expiry.notePost(nowSeconds);
      return answer;
    });
  }

  async remove(request: Parameters<RoomCalls['remove']>[0]): Promise<ChatMessage | ChatRejection> {
    if (this.#store.open === null) return messageNotFound(['messageId']);
    return this.#command((room) => removeMessage(room, request, this.#nowSeconds()));
  }

  async react(request: Parameters<RoomCalls['react']>[0]): Promise<ChatMessage | ChatRejection> {
    if (this.#store.open === null) return messageNotFound(['input', 'messageId']);
    const { id } = request.actor;
    if (!request.remove && !this.#knows(id) && !(await this.#noted(id))) return NOT_ALLOWED;
    return this.#command((room) => reactTo(room, request, this.#nowSeconds()));
  }

  async report(request: ReportRequest): Promise<boolean> {
    const { id } = request.reporter;
    if (this.#store.open === null) return false;
    if (!this.#knows(id) && !(await this.#noted(id))) return false;
    return this.#command((room) => reportMessage(room, request, this.#nowSeconds()));
  }

  async moderate(request: ModerateRequest): Promise<ChatRejection | null> {
    return this.#command((room) => moderateRoom(room, request, this.#nowSeconds()));
  }

  async read(request: RoomRead): Promise<RoomReading> {
    const watching = request.watching === true ? await this.#watching.count() : 0;
    const { nowMs } = this.#options;
    return readRoom(this.#store.open, request, { watching, nowMs: nowMs() });
  }

  async watch(hubId: string, isWatched: boolean, callNumber: number): Promise<RoomStates> {
    const { key, nowMs } = this.#options;
    if (!isWatched && this.#store.open === null) return { position: nowMs(), topics: [] };
    const room = this.#store.write((written) => {
      noteWatch(written, hubId, isWatched, callNumber);
      return written;
    });
    const { position } = room.changes;
    if (!isWatched) {
      this.#deliveries.leave(hubId);
      await this.#store.clearIfUnused();
      return { position, topics: [] };
    }
    this.#deliveries.join(hubId, position);
    this.#goOn();
    const { floor, changes } = room.changes.kept();
    return { position, topics: [{ topic: key, floor, changes: eventsOf(room, changes) }] };
  }

  async applyAuthors(changes: readonly AuthorChange[]): Promise<void> {
    this.#command((room) => {
      for (const change of changes) applyAuthor(room, change);
    });
  }

  async acts(after: number, limit: number): Promise<ModerationAct[]> {
    const room = this.#store.open;
    return room === null ? [] : actsAfter(room, after, limit);
  }

  async exportRows(after: string | null, limit: number): ReturnType<RoomCalls['exportRows']> {
    const room = this.#store.open;
    return room === null ? null : exportedRows(room, after, limit);
  }

  /** Never rejects: the platform gives up on an alarm that fails six times. */
  async alarm(): Promise<void> {
    this.#alarm.wentOff();
    try {
      this.#trimExpired();
    } catch (error) {
      log.error('chat.not_trimmed', errorFields(error));
    }
    try {
      this.#deliveries.deliver();
      // The object may end while it waits.
      if (this.#deliveries.isPending) this.#alarm.set(this.#options.alarmNowMs() + SAFETY_MS);
      await answerWithin(HUB_PUBLISH_TIMEOUT_MS, 'hub', () => this.#deliveries.idle());
    } catch (error) {
      log.warn('chat.alarm_not_waiting', errorFields(error));
    }
    // Last, and whatever is set: an alarm that was set meanwhile may be overdue by now.
    const nextMs = this.#nextAlarmMs();
    if (nextMs !== null) this.#alarm.set(nextMs);
  }

  /** Runs a step. What it has changed is delivered beside its answer. */
  #command<Answer>(step: (room: OpenRoom) => Answer): Answer {
    const answer = this.#store.write(step);
    this.#goOn();
    return answer;
  }

  /** Begins what is pending, and sets the alarm for what is left if that fails or ends. Never throws. */
  #goOn(): void {
    try {
      this.#deliveries.deliver();
      const { alarmNowMs, waitUntil } = this.#options;
      if (this.#isUnsettled()) {
        const safetyMs = alarmNowMs() + SAFETY_MS;
        this.#alarm.setBy(Math.min(safetyMs, this.#deliveries.retryAtMs() ?? safetyMs));
      } else waitUntil(this.#alarm.heal(() => this.#expiryAlarmMs()));
    } catch (error) {
      log.error('chat.not_scheduled', errorFields(error));
    }
  }

  /** A hub watches, and the position that is stored as delivered is an older one. */
  #isUnsettled(): boolean {
    const room = this.#store.open;
    return (
      room !== null &&
      this.#deliveries.hubIds.length > 0 &&
      room.row.delivered_position < room.changes.position
    );
  }

  /** Stores what was delivered, and says when the alarm is to go off; null for never. Never throws. */
  #nextAlarmMs(): number | null {
    const { alarmNowMs } = this.#options;
    try {
      const room = this.#store.open;
      if (room === null) return null;
      const position = Math.min(this.#deliveries.deliveredPosition(), room.changes.position);
      if (position > room.row.delivered_position)
        this.#store.write((written) => written.save({ delivered_position: position }));
      if (!this.#isUnsettled()) return this.#expiryAlarmMs();
      const retryMs = this.#deliveries.retryAtMs() ?? alarmNowMs() + SAFETY_MS;
      return Math.max(retryMs, alarmNowMs() + CHAT_RETRY_MS);
    } catch (error) {
      log.error('chat.not_scheduled', errorFields(error));
      return alarmNowMs() + SAFETY_MS;
    }
  }

  #expiryAlarmMs(): number | null {
    const room = this.#store.open;
    const expiresAt = room === null ? null : this.#expiry.next(room);
    if (expiresAt === null) return null;
    const { nowMs, alarmNowMs } = this.#options;
    return alarmNowMs() + Math.max(CHAT_RETRY_MS, expiresAt * 1000 - nowMs());
  }

  #trimExpired(): void {
    const { open } = this.#store;
    const nowSeconds = this.#nowSeconds();
    if (open !== null && this.#expiry.isDue(open, nowSeconds))
      this.#store.write((room) => this.#expiry.trim(room, nowSeconds));
  }

  #knows(userId: string): boolean {
    const room = this.#store.open;
    return room !== null && authorRow(room, userId) !== null;
  }

  /** D1 tells the room of the account from here on; false if it is closed. */
  #noted(userId: string): Promise<boolean> {
    return answerWithin(NOTE_TIMEOUT_MS, 'database', () => this.#options.noteAuthor(userId));
  }

  #nowSeconds(): number {
    return Math.floor(this.#options.nowMs() / 1000);
  }
}
