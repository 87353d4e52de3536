/**
 * The room of one hub for bytes that its sockets have not read: those that were sent, and answers that are being made.
 *
 * Guaranteed: before a large answer is sent there is room for it, or its socket has nothing else unread. A socket waits
 * for itself; for others it waits a limited time, in which the slowest of them are closed.
 */
import { GraphQLError } from 'graphql';
import {
  HUB_ROOM_TIMEOUT_MS,
  HUB_UNREAD_MAX_BYTES,
  HUB_UNREAD_NEW_SOCKETS_MAX_BYTES,
  SOCKET_PING_AFTER_BYTES,
  SOCKET_UNREAD_ANSWERS_MAX_BYTES,
} from '../config.ts';
import type { Clock } from './watched-topics.ts';

/** A socket as its hub's room sees it. */
export interface Reader {
  /** Sent and not shown to be read. */
  readonly unreadBytes: number;
  /** It has answered a ping: it reads. */
  readonly hasAnswered: boolean;
  /** Neither closed nor known to read. */
  readonly isNew: boolean;
  /** For its answers that are being made. */
  reservedBytes: number;
  /** Pings it if it has answered no ping yet and none waits for its answer. */
  askIfNew(nowMs: number): void;
}

export interface RoomSources extends Clock {
  /** Closes sockets that do not read, and the slowest others until the hub has so many bytes less. */
  closeSlowest(excessBytes: number): void;
}

interface Waiter {
  reader: Reader;
  bytes: number;
  isOver(): boolean;
  /** Since when it waits for others and not for itself; null if it does not. */
  sinceMs: number | null;
  resolve(): void;
  reject(error: unknown): void;
}

const LOOK_EVERY_MS = 500;

export class UnreadBytes {
  readonly #sources: RoomSources;
  #bytes = 0;
  #closedBytes = 0;
  #newBytes = 0;
  #hasAsked = false;
  readonly #waiting = new Set<Waiter>();
  #isWatching = false;

  constructor(sources: RoomSources) {
    this.#sources = sources;
  }

  /**
   * By how much the hub would have too much with so many bytes more; negative if it would not. Closed sockets have as
   * much room of their own as all others: who reads does not wait for them at once.
   */
  excessOf(bytes: number, maxBytes = HUB_UNREAD_MAX_BYTES): number {
    return this.#bytes - Math.min(this.#closedBytes, HUB_UNREAD_MAX_BYTES) + bytes - maxBytes;
  }

  /** So many of the bytes are those of sockets that are closed now. */
  addClosed(bytes: number): void {
    this.#closedBytes += bytes;
    this.#admit();
  }

  /** A socket that has so many of the bytes is not new any more. */
  removeNew(bytes: number): void {
    this.#newBytes -= bytes;
  }

  /** A socket was pinged. */
  noteAsked(): void {
    this.#hasAsked = true;
  }

  /** True if a socket was pinged since the last time. */
  takeAsked(): boolean {
    const hasAsked = this.#hasAsked;
    this.#hasAsked = false;
    return hasAsked;
  }

  add({ isNew }: Pick<Reader, 'isNew'>, bytes: number): void {
    this.#bytes += bytes;
    if (isNew) this.#newBytes += bytes;
    if (bytes <= 0) this.#admit();
  }

  /**
   * Makes an answer once there is room for it.
   *
   * @param bytes its length, as far as it is known before.
   * @param isOver true if nobody waits for the answer any more: `work` is not called then.
   * @throws NoRoom if there was none in time.
   */
  async inRoom(
    reader: Reader,
    bytes: number,
    isOver: () => boolean,
    work: () => Promise<void>,
  ): Promise<void> {
    await this.#takeRoom(reader, bytes, isOver);
    try {
      if (!isOver()) await work();
    } finally {
      this.#reserve(reader, -bytes);
    }
  }

  /** Resolves when the socket has read enough to be sent more. */
  async untilRead(reader: Reader, isOver: () => boolean): Promise<void> {
    await this.#takeRoom(reader, 0, isOver);
  }

  /**
   * Resolves with the room reserved. It is reserved in the step that has seen it: others look for room meanwhile.
   *
   * @throws GraphQLError if the hub had no room in time.
   */
  #takeRoom(reader: Reader, bytes: number, isOver: () => boolean): Promise<void> {
    if (isOver() || this.hasRoom(reader, bytes)) {
      this.#reserve(reader, bytes);
      return Promise.resolve();
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.add({ reader, bytes, isOver, sinceMs: null, resolve, reject });
    if (fitsInSocket(reader, bytes)) reader.askIfNew(this.#sources.nowMs());
    void this.#watch();
    return promise;
  }

  /**
   * Lets those in for whom there is room: sockets that have shown that they read first.
   *
   * @param withNew others wait for the next look: many connections that end at once would each make room for answers to
   *   the next of them.
   */
  #admit({ withNew = false } = {}): void {
    const nowMs = this.#sources.nowMs();
    if (this.#waiting.size === 0) return;
    const inOrder = [...this.#waiting].sort(
      (a, b) => Number(b.reader.hasAnswered) - Number(a.reader.hasAnswered),
    );
    for (const waiter of inOrder) {
      const { reader, bytes, isOver, resolve, reject } = waiter;
      if (!withNew && !isOver() && !reader.hasAnswered && waiter.sinceMs !== null) continue;
      if (isOver() || this.hasRoom(reader, bytes)) {
        this.#waiting.delete(waiter);
        this.#reserve(reader, bytes);
        resolve();
      } else if (!fitsInSocket(reader, bytes)) waiter.sinceMs = null;
      else {
        reader.askIfNew(nowMs);
        waiter.sinceMs ??= nowMs;
        if (nowMs - waiter.sinceMs < HUB_ROOM_TIMEOUT_MS) continue;
        this.#waiting.delete(waiter);
        reject(new NoRoom());
      }
    }
  }

  /** One timer for all that wait. */
  async #watch(): Promise<void> {
    if (this.#isWatching) return;
    this.#isWatching = true;
    while (this.#waiting.size > 0) {
      const next = [...this.#waiting].find(({ reader, bytes }) => fitsInSocket(reader, bytes));
      this.#sources.closeSlowest(next ? this.#excessFor(next.reader, next.bytes) : this.excessOf(0));
      await this.#sources.sleep(LOOK_EVERY_MS);
      this.#admit({ withNew: true });
    }
    this.#isWatching = false;
  }

  hasRoom(reader: Reader, bytes: number): boolean {
    const fitsInHub =
      bytes <= SOCKET_PING_AFTER_BYTES || this.#bytes === 0 || this.#excessFor(reader, bytes) <= 0;
    return fitsInHub && fitsInSocket(reader, bytes);
  }

  /** New sockets may have much unread in small frames: who reads does not wait for that. */
  #excessFor({ hasAnswered }: Reader, bytes: number): number {
    if (!hasAnswered) return this.excessOf(bytes, HUB_UNREAD_NEW_SOCKETS_MAX_BYTES);
    return this.excessOf(bytes) - Math.max(0, this.#newBytes - HUB_UNREAD_NEW_SOCKETS_MAX_BYTES);
  }

  #reserve(reader: Reader, bytes: number): void {
    reader.reservedBytes += bytes;
    this.add(reader, bytes);
  }
}

function fitsInSocket({ unreadBytes, reservedBytes }: Reader, bytes: number): boolean {
  const held = unreadBytes + reservedBytes;
  return held === 0 || held + bytes <= SOCKET_UNREAD_ANSWERS_MAX_BYTES;
}

export class NoRoom extends GraphQLError {
  constructor() {
    super('Other connections of this hub leave no room for this operation now: try again.', {
      extensions: { code: 'SERVICE_UNAVAILABLE' },
    });
  }
}
