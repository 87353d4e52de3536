import { DurableObject } from 'cloudflare:workers';
import { Room } from '../chat/room.ts';
import type {
  AuthorChange,
  ChatMessage,
  ChatRejection,
  ModerateRequest,
  ModerationAct,
  PostRequest,
  ReportRequest,
  RoomActor,
  RoomCalls,
  RoomRead,
  RoomReading,
  RoomStates,
} from '../chat/room-calls.ts';
import { isRoomKey } from '../chat/room-key.ts';
import { chatFeedOf } from '../realtime/chat-events.ts';
import { noteAuthor } from '../storage/d1/chat-authors.ts';
import type { Isolate } from './isolate.ts';
import { type ObjectWork, objectWork } from './object-work.ts';
import { alarmNowMs, nowMs, nowSeconds } from './runtime.ts';
import { hubPublisher, hubWatchers } from './subscription-hub-object.ts';

/** One room. Its name is the key of the room (`chat/room-key.ts`). */
export function createRealtimeChatObject(requireIsolate: (env: Env) => Isolate) {
  return class RealtimeChat extends DurableObject<Env> implements RoomCalls {
    readonly #room: Room;
    readonly #work: ObjectWork;

    constructor(state: DurableObjectState, env: Env) {
      super(state, env);
      const isolate = requireIsolate(env);
      const { name = '' } = state.id;
      if (!isRoomKey(name)) throw new Error('a room is called by its key');
      this.#work = objectWork(isolate, 'chat-room', (promise) => state.waitUntil(promise));
      this.#room = new Room({
        key: name,
        storage: state.storage,
        noteAuthor: (userId) => noteAuthor(isolate.env.DB, userId, name, nowSeconds()),
        publish: hubPublisher(isolate.env, chatFeedOf(name)),
        watching: hubWatchers(isolate.env, chatFeedOf(name)),
        waitUntil: (promise) => state.waitUntil(promise),
        nowMs,
        alarmNowMs,
      });
    }

    post(request: PostRequest): Promise<ChatMessage | ChatRejection> {
      return this.#work(() => this.#room.post(request));
    }

    remove(request: { actor: RoomActor; sequence: number }): Promise<ChatMessage | ChatRejection> {
      return this.#work(() => this.#room.remove(request));
    }

    react(request: Parameters<RoomCalls['react']>[0]): Promise<ChatMessage | ChatRejection> {
      return this.#work(() => this.#room.react(request));
    }

    report(request: ReportRequest): Promise<boolean> {
      return this.#work(() => this.#room.report(request));
    }

    moderate(request: ModerateRequest): Promise<ChatRejection | null> {
      return this.#work(() => this.#room.moderate(request));
    }

    read(request: RoomRead): Promise<RoomReading> {
      return this.#work(() => this.#room.read(request));
    }

    watch(hubId: string, isWatched: boolean, callNumber: number): Promise<RoomStates> {
      return this.#work(() => this.#room.watch(hubId, isWatched, callNumber));
    }

    applyAuthors(changes: readonly AuthorChange[]): Promise<void> {
      return this.#work(() => this.#room.applyAuthors(changes));
    }

    acts(after: number, limit: number): Promise<ModerationAct[]> {
      return this.#work(() => this.#room.acts(after, limit));
    }

    exportRows(
      after: string | null,
      limit: number,
    ): Promise<{ lines: string; rows: number; upTo: string } | null> {
      return this.#work(() => this.#room.exportRows(after, limit));
    }

    override alarm(): Promise<void> {
      return this.#work(() => this.#room.alarm());
    }
  };
}
