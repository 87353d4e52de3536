/** Rooms as a feed: each room has a Durable Object and positions of its own. */
import type { RoomKey } from '../chat/room-key.ts';

/** The name under which hubs know one room's feed. */
export const chatFeedOf = (room: RoomKey) => `chat/${room}` as const;
