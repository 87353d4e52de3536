/** The record of what moderators, and rooms by themselves, have done in a room. */
import * as z from 'zod';
import { isRoomKey, type RoomKey } from '../chat/room-key.ts';
import { CHAT_RECORD_PAGE_ACTS } from '../config.ts';
import { parsed } from './admin-answer.ts';
import type { AdminSources } from './admin-operations.ts';

const querySchema = z.object({
  room: z.custom<RoomKey>(
    (value) => typeof value === 'string' && isRoomKey(value),
    'must be project:<id> or pool:<id>',
  ),
  after: z.coerce.number().pipe(z.int().min(0)).default(0),
});

/**
 * `GET /admin/chat/record?room=project:<id>&after=<number>`: the acts behind `after`, oldest first. `next` is where the next
 * page begins; null at the end. The room answers for subjects that are delisted or gone too.
 */
export async function showRecord(parameters: URLSearchParams, { rooms }: Pick<AdminSources, 'rooms'>) {
  const { room, after } = parsed(querySchema, {
    room: parameters.get('room') ?? undefined,
    after: parameters.get('after') ?? undefined,
  });
  const acts = await rooms.of(room).acts(after, CHAT_RECORD_PAGE_ACTS);
  return { room, acts, next: acts.length < CHAT_RECORD_PAGE_ACTS ? null : (acts.at(-1)?.number ?? null) };
}
