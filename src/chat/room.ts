import type { RoomCalls, RoomChange } from './room-calls.ts';
import type { RoomKey } from './room-key.ts';

export interface RoomOptions {
  key: RoomKey;
  storage: DurableObjectStorage;
  db: D1Database;
  /** Delivers changes to a hub, in order; rejects if it did not take them. */
  publish(hubId: string, changes: RoomChange[]): Promise<void>;
  /** How many subscriptions of a hub watch the room. */
  watching(hubId: string): Promise<number>;
  waitUntil(promise: Promise<unknown>): void;
  nowMs(): number;
}

const unfinished = (..._request: unknown[]): Promise<never> =>
  Promise.reject(new Error('rooms are not open yet'));

export class Room implements RoomCalls {
  readonly options: RoomOptions;

  constructor(options: RoomOptions) {
    this.options = options;
  }

  post = unfinished;
  remove = unfinished;
  react = unfinished;
  report = unfinished;
  moderate = unfinished;
  read = unfinished;
  watch = unfinished;
  applyAuthors = unfinished;
  acts = unfinished;
  exportRows = unfinished;
  alarm = unfinished;
}
