/** A room over SQLite in memory, with hubs that a test lets fail, a clock that it moves, and people with the usual rights. */
import { expect } from 'vitest';
import { Room, type RoomOptions } from '../../../src/chat/room.ts';
import type {
  ChatMessage,
  ChatRejection,
  ModerateRequest,
  PostRequest,
  RoomActor,
  RoomChange,
} from '../../../src/chat/room-calls.ts';
import { ObjectStorage } from '../object-storage.ts';

export const ROOM_KEY = 'project:btc';
export const START_MS = Date.UTC(2026, 10, 27);
export const START = START_MS / 1000;

export const person = (id: string, changes: Partial<RoomActor> = {}): RoomActor => ({
  ...{
    id,
    displayName: `Name of ${id}`,
    avatarUrl: null,
    role: 'member',
    isYoung: false,
    isModerator: false,
  },
  ...changes,
});
export const MODERATOR = person('mod', { role: 'moderator', isModerator: true });
export const moderatorView = { id: MODERATOR.id, isModerator: true };

export class RoomWorld {
  storage = new ObjectStorage();
  nowMs = START_MS;
  /** The clock; a test with fake timers has another one. */
  clock: () => number = () => this.nowMs;
  room: Room;
  /** By hub, what it took, each delivery a list. */
  readonly taken = new Map<string, RoomChange[][]>();
  /** Decides if a hub takes what it is given; it does unless a test says otherwise. */
  onPublish: (hubId: string, changes: RoomChange[], lostUpTo: number) => Promise<void> = async () =>
    undefined;
  watchers = new Map<string, number>();
  isOpenAccount: (userId: string) => Promise<boolean> = async () => true;
  readonly work = new Set<Promise<unknown>>();
  #posts = 0;
  #calls = 0;

  constructor() {
    this.room = this.#started();
  }

  /** Another instance over the same rows; of the last one nothing has any effect any more. */
  evict(): void {
    const { alarmMs } = this.storage;
    this.storage.isDead = true;
    this.work.clear();
    this.storage = this.storage.handle();
    this.storage.alarmMs = alarmMs;
    this.room = this.#started();
  }

  #started(): Room {
    const { storage } = this;
    return new Room({
      key: ROOM_KEY,
      storage: storage as unknown as RoomOptions['storage'],
      noteAuthor: (userId) => this.isOpenAccount(userId),
      publish: async (hubId, changes, lostUpTo) => {
        if (storage.isDead) return new Promise<never>(() => undefined);
        await this.onPublish(hubId, changes, lostUpTo);
        this.taken.set(hubId, [...(this.taken.get(hubId) ?? []), changes]);
      },
      watching: async (hubId) => this.watchers.get(hubId) ?? 0,
      waitUntil: (promise) => {
        this.work.add(promise);
        void promise.finally(() => this.work.delete(promise));
      },
      nowMs: () => this.clock(),
      alarmNowMs: () => this.clock(),
    });
  }

  pass(seconds: number): void {
    this.nowMs += seconds * 1000;
  }

  async settled(): Promise<void> {
    while (this.work.size > 0) await Promise.all(this.work);
  }

  /** The alarm goes off when it is due. @throws if none is set */
  async ring(): Promise<void> {
    const { alarmMs } = this.storage;
    if (alarmMs === null) throw new Error('no alarm is set');
    this.nowMs = Math.max(this.nowMs, alarmMs);
    this.storage.alarmMs = null;
    await this.room.alarm();
    await this.settled();
  }

  async watch(hubId = 'hub', isWatched = true) {
    this.#calls += 1;
    return this.room.watch(hubId, isWatched, this.#calls);
  }

  post(author: RoomActor | string, changes: Partial<PostRequest> = {}) {
    this.#posts += 1;
    return this.room.post({
      author: typeof author === 'string' ? person(author) : author,
      ...{ text: `text ${this.#posts}`, links: [], replyTo: null, holdReason: null, refusal: null },
      clientMutationId: `post-${this.#posts}`,
      ...changes,
    });
  }

  /** @throws unless it is stored */
  async posted(author: RoomActor | string, changes: Partial<PostRequest> = {}): Promise<ChatMessage> {
    return messageOf(await this.post(author, changes));
  }

  moderate(action: ModerateRequest['action'], changes: Partial<ModerateRequest> = {}) {
    const nothing = { sequence: null, userId: null, seconds: null, reason: null };
    return this.room.moderate({ moderator: MODERATOR, action, ...nothing, ...changes });
  }

  react(actor: string, sequence: number, remove = false) {
    return this.room.react({ actor: person(actor), sequence, kind: 'like', remove });
  }

  report(reporter: string, sequence: number) {
    return this.room.report({ reporter: person(reporter), sequence, reason: `reason of ${reporter}` });
  }

  /** The third report holds it back. */
  async reportThrice(sequence: number): Promise<void> {
    for (const reporter of ['rep-1', 'rep-2', 'rep-3'])
      expect(await this.report(reporter, sequence)).toBe(true);
  }

  /** Newest first, as everybody sees them. */
  async page(limit = 100, before: number | null = null): Promise<ChatMessage[]> {
    return (await this.room.read({ messages: { limit, before } })).messages;
  }

  /** What a hub took, as `<kind> <sequence>`. */
  eventsOf(hubId = 'hub'): string[] {
    return (this.taken.get(hubId) ?? []).flat().map(({ value }) => `${value.kind} ${value.message.sequence}`);
  }
}

/** @throws if it is a rejection */
export function messageOf(answer: ChatMessage | ChatRejection): ChatMessage {
  if ('sequence' in answer) return answer;
  throw new Error(`${answer.code}: ${answer.message}`);
}

/** The code of a rejection, or `stored`. */
export const outcomeOf = (answer: ChatMessage | ChatRejection): string =>
  'sequence' in answer ? 'stored' : answer.code;
