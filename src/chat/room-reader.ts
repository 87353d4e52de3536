/**
 * Rooms as queries and events read them, for one request.
 *
 * All that is asked of one room at one time is one call of its object, with one more for each further page. Nothing is kept
 * from one call to the next: a mutation may have changed the room in between.
 */
import { loaderOf } from '../loaders/batching.ts';
import { openRoomSubjects } from '../storage/d1/chat-facts.ts';
import { type ChatRequest, type ChatSources, scenesOf } from './actions/chat-action.ts';
import { nameRefusalOf } from './actions/screened-by.ts';
import { mergedReads, type RoomAsk } from './merged-reads.ts';
import { type MessageAddress, messageId, parseMessageId } from './message-id.ts';
import type { ChatMessage, ChatRejection, RoomRead, RoomReading } from './room-calls.ts';
import { parseRoomKey, type RoomKey, roomKey } from './room-key.ts';

export interface ChatRoom {
  key: RoomKey;
}

export interface RoomReaderRequest extends Pick<ChatRequest, 'nowSeconds'> {
  /** Null for a stranger, and where the answer is the same for everybody. */
  viewer: { id: string; permissions: readonly string[] } | null;
}

export function createRoomReader(sources: ChatSources, request: RoomReaderRequest) {
  const { db, rooms } = sources;
  const viewer = request.viewer && {
    id: request.viewer.id,
    isModerator: request.viewer.permissions.includes('moderate'),
  };

  const openRooms = loaderOf(async (keys: readonly RoomKey[]) => {
    const subjects = keys.map(parseRoomKey).filter((subject) => subject !== null);
    const open = await openRoomSubjects(db, subjects);
    return new Map(
      open.map(({ subject, id }): [RoomKey, ChatRoom] => [
        roomKey(subject, id),
        { key: roomKey(subject, id) },
      ]),
    );
  });

  const readings = loaderOf(
    async (asks: readonly RoomAsk[]) => {
      const answers = new Map<RoomAsk, RoomReading | Error>();
      const read = async ({
        room,
        request: asked,
        asks: answered,
      }: ReturnType<typeof mergedReads>[number]) => {
        const reading = await rooms
          .of(room)
          .read(viewer === null ? asked : { ...asked, viewer })
          .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
        for (const ask of answered) answers.set(ask, reading);
      };
      await Promise.all(mergedReads(asks).map(read));
      return answers;
    },
    undefined,
    { cache: false },
  );

  const scenes = loaderOf(async (keys: readonly RoomKey[]) => {
    const found = await scenesOf({ sources, request }, keys);
    return new Map(keys.map((key, place) => [key, found[place] ?? null]));
  });

  async function reading(ask: RoomAsk): Promise<RoomReading> {
    const answer = await readings.load(ask);
    if (answer === null) throw new Error('a room was not asked');
    return answer;
  }

  async function message(address: MessageAddress): Promise<ChatMessage | null> {
    const { room, sequence } = address;
    const { bySequence } = await reading({ room, sequence });
    return bySequence.find((found) => found.sequence === sequence) ?? null;
  }

  async function byKey(key: string): Promise<ChatRoom | null> {
    const subject = parseRoomKey(key);
    return subject === null ? null : openRooms.load(roomKey(subject.subject, subject.id));
  }

  return {
    byKey,
    /** @param id null if there is none */
    ofProject: async (id: string | null) => (id === null ? null : byKey(roomKey('project', id))),
    ofPool: async (id: string | null) => (id === null ? null : byKey(roomKey('pool', id))),
    /** False for the room of a project that is delisted. */
    exists: async (key: string) => (await byKey(key)) !== null,
    /** Newest first, as everybody sees them. @param page.before a sequence */
    async messages(room: RoomKey, page: { before: number | null; limit: number }): Promise<ChatMessage[]> {
      return (await reading({ room, page })).messages.slice(0, page.limit);
    },
    /** As everybody sees it. */
    state: (room: RoomKey): Promise<RoomReading> => reading({ room, state: true }),
    /** About how many watch it. */
    watching: async (room: RoomKey): Promise<number> => (await reading({ room, watching: true })).watching,
    /** What only moderators and authors see. */
    ofViewer: (room: RoomKey): Promise<RoomReading> => reading({ room, ofViewer: true }),
    /** One call of a room, without a viewer. */
    read: (room: RoomKey, asked: RoomRead): Promise<RoomReading> => rooms.of(room).read(asked),
    messageId,
    /** Null if the viewer may not see it, or the room is not open. */
    async messageById(id: string): Promise<ChatMessage | null> {
      const address = parseMessageId(id);
      if (address === null || (await byKey(address.room)) === null) return null;
      return message(address);
    },
    /** The message that another one answers; null if there is none that the viewer may see. */
    repliedMessage({
      room,
      replyTo,
      repliedMessage,
    }: ChatMessage): ChatMessage | null | Promise<ChatMessage | null> {
      if (replyTo === null) return null;
      return repliedMessage === undefined ? message({ room, sequence: replyTo }) : repliedMessage;
    },
    /** Why the viewer may not post; null if they may. */
    async viewerRefusal(room: RoomKey): Promise<Pick<ChatRejection, 'code'> | null> {
      if (viewer === null) return NOBODY;
      const [scene, { refusal }] = await Promise.all([scenes.load(room), reading({ room, ofViewer: true })]);
      if (scene === null) return NOBODY;
      return scene.refusal ?? nameRefusalOf(scene) ?? refusal;
    },
  };
}

const NOBODY = { code: 'CHAT_NOT_ALLOWED' } as const;
