/**
 * The rows of each room: messages, also those that are held back, sanctions, reports and the record of acts. Encrypted, since
 * most readers may not see all of that.
 */
import { createHash } from 'node:crypto';
import { isRoomKey } from '../chat/room-key.ts';
import type { Rooms } from '../chat/rooms.ts';
import { CHAT_EXPORT_PART_ROWS } from '../config.ts';
import { roomsWithPosts } from '../storage/d1/chat-authors.ts';
import { ROOM_PREFIX } from './backup-keys.ts';
import type { BackupDeps, BackupPage, BackupSource } from './backup-source.ts';

const NAME_CHARACTERS = 32;

export async function roomSources({ db, rooms }: BackupDeps): Promise<BackupSource[]> {
  return (await roomsWithPosts(db)).filter(isRoomKey).map((key) => ({
    name: `room/${key}`,
    // Ids of projects may have any length and any characters.
    file: {
      prefix: ROOM_PREFIX,
      name: createHash('sha256').update(key).digest('hex').slice(0, NAME_CHARACTERS),
      extension: 'ndjson.gz',
    },
    isSealed: true,
    mayBeMissing: true,
    pages: (after) => rowsOf(rooms.of(key), after),
  }));
}

async function* rowsOf(
  room: Pick<ReturnType<Rooms['of']>, 'exportRows'>,
  after: string | null,
): AsyncGenerator<BackupPage> {
  for (let upTo = after; ; ) {
    const page = await room.exportRows(upTo, CHAT_EXPORT_PART_ROWS);
    if (page === null) return;
    yield page;
    ({ upTo } = page);
    if (page.rows < CHAT_EXPORT_PART_ROWS) return;
  }
}
