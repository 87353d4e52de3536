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
  SOCKET_PING_AFTER_BYTES,
  SOCKET_UNREAD_ANSWERS_MAX_BYTES,
} from '../config.ts';
import type { Clock } from './watched-topics.ts';

/** A socket as its hub's room sees it. */
export interface Reader {
  /** Sent and not shown to be read. */
  readonly unreadBytes: number;
  /** For its answers that are being made. */
  reservedBytes: number;
}

export interface RoomSources extends Clock {
  /** Closes sockets that do not read, and the slowest others until the hub has room for so many bytes more. */
  closeSlowest(bytes: number): void;
}

const LOOK_EVERY_MS = 500;

export class UnreadBytes {
  readonly #sources: RoomSources;
  #bytes = 0;
  #closedBytes = 0;
  #hasAsked = false;
  readonly #waiting = new Set<() => void>();

  constructor(sources: RoomSources) {
    this.#sources = sources;
  }

  /**
   * By how much the hub would have too much with so many bytes more; negative if it would not. Closed sockets have as
   * much room of their own as all others: who reads does not wait for them at once.
   */
  excessOf(bytes: number): number {
    return this.#bytes - Math.min(this.#closedBytes, HUB_UNREAD_MAX_BYTES) + bytes - HUB_UNREAD_MAX_BYTES;
  }

  /** So many of the bytes are those of sockets that are closed now. */
  addClosed(bytes: number): void {
    this.#closedBytes += bytes;
    this.#wake();
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

  add(bytes: number): void {
    this.#bytes += bytes;
    if (bytes < 0) this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /**
   * Makes an answer once there is room for it.
   *
   * @param bytes its length, as far as it is known before.
   * @param isOver true if nobody waits for the answer any more: `work` is not called then.
   * @throws GraphQLError if there was no room in time.
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
  async #takeRoom(reader: Reader, bytes: number, isOver: () => boolean): Promise<void> {
    const { nowMs, sleep, closeSlowest } = this.#sources;
    let waitsSinceMs: number | null = null;
    while (!isOver() && !this.hasRoom(reader, bytes)) {
      if (!fitsInSocket(reader, bytes)) waitsSinceMs = null;
      else {
        waitsSinceMs ??= nowMs();
        if (nowMs() - waitsSinceMs >= HUB_ROOM_TIMEOUT_MS) throw noRoom();
      }
      closeSlowest(bytes);
      const room = new Promise<void>((resolve) => this.#waiting.add(resolve));
      await Promise.race([room, sleep(LOOK_EVERY_MS)]);
    }
    this.#reserve(reader, bytes);
  }

  hasRoom(reader: Reader, bytes: number): boolean {
    const fitsInHub = bytes <= SOCKET_PING_AFTER_BYTES || this.#bytes === 0 || this.excessOf(bytes) <= 0;
    return fitsInHub && fitsInSocket(reader, bytes);
  }

  #reserve(reader: Reader, bytes: number): void {
    reader.reservedBytes += bytes;
    this.add(bytes);
  }
}

function fitsInSocket({ unreadBytes, reservedBytes }: Reader, bytes: number): boolean {
  const held = unreadBytes + reservedBytes;
  return held === 0 || held + bytes <= SOCKET_UNREAD_ANSWERS_MAX_BYTES;
}

const noRoom = () =>
  new GraphQLError('Other connections of this hub leave no room for the answer now: try again.', {
    extensions: { code: 'SERVICE_UNAVAILABLE' },
  });
