/**
 * Rooms as a feed: each room is a source, a Durable Object with positions of its own, and its key is its only topic. What
 * happens in a room is the same for everybody who watches it, so it is public.
 */
import type { ChatEvent, ChatMessage } from '../chat/room-calls.ts';
import { isRoomKey, type RoomKey } from '../chat/room-key.ts';
import { CHAT_CHANGES_KEPT, CHAT_GAP_MESSAGES } from '../config.ts';
import type { GatewayContext } from '../graphql/context.ts';
import { type Feed, notFound, type StateAt, type Watch } from './feed.ts';
import type { TopicChange } from './topic-log.ts';

const NAME = 'chat';

/** The name under which hubs know one room. */
export const chatFeedOf = (room: RoomKey) => `${NAME}/${room}` as const;

export const chatFeed = {
  name: NAME,
  hasSources: true,
  journal: { changesKept: CHAT_CHANGES_KEPT, revise: withoutHidden, afterGap: newestMessages },
  subscriptions: { chat: watchRoom },
  watch: (env, { hubId, source, topics, number }) =>
    env.REALTIME_CHAT.getByName(source).watch(hubId, topics.length > 0, number),
} as const satisfies Feed<ChatEvent>;

/**
 * The events of a room, by the local part of its global id.
 *
 * @throws GraphQLError if that is no key of a room.
 */
function watchRoom(room: string): Watch<ChatEvent> {
  if (!isRoomKey(room)) throw noRoom();
  const load = async ({ chatRooms }: GatewayContext) => {
    if (!(await chatRooms.exists(room))) throw noRoom();
    return { topics: [room], state: new Map<string, ChatEvent>() };
  };
  return { source: room, beginsWithState: false, load };
}

async function newestMessages({ chatRooms }: GatewayContext, room: string): Promise<StateAt<ChatEvent>> {
  if (!isRoomKey(room)) throw noRoom();
  const newest = { limit: CHAT_GAP_MESSAGES, before: null };
  const { messages, position } = await chatRooms.read(room, { messages: newest });
  return { state: new Map(messages.toReversed().map(stateEntry)), position };
}

const noRoom = () => notFound('There is no such room.', 'roomId');

const stateEntry = (message: ChatMessage): [string, ChatEvent] => [
  `message:${message.sequence}`,
  { kind: message.deleted ? 'deleted' : 'posted', message },
];

/**
 * A message that is deleted or held back takes its text away from every earlier change that carries it, also as the
 * message that another one answers; its reactions and its pin say nothing any more.
 */
export function withoutHidden(
  entity: string,
  earlier: ChatEvent,
  { value: { kind, message } }: TopicChange<ChatEvent>,
): ChatEvent | null {
  if (kind !== 'deleted' && kind !== 'held_back') return earlier;
  if (earlier.message.sequence === message.sequence) {
    if (entity.startsWith('message:')) return { kind, message };
    // Who has seen it pinned must learn that it is not.
    return earlier.kind === 'unpinned' ? { kind: 'unpinned', message } : null;
  }
  if (earlier.message.repliedMessage?.sequence !== message.sequence) return earlier;
  const { repliedMessage: _, ...left } = message;
  const repliedMessage = kind === 'deleted' ? left : null;
  return { ...earlier, message: { ...earlier.message, repliedMessage } };
}
