/** The changes of a room as everybody is told of them: composed of the rows as they are at that moment. */
import type { ChatEvent, RoomChange } from './room-calls.ts';
import { entityOf, type LoggedChange } from './room-changes.ts';
import {
  composeMessages,
  EVERYBODY,
  isVisible,
  type MessageRow,
  messageRows,
  withoutContent,
} from './room-messages.ts';
import type { OpenRoom } from './room-store.ts';

/** What a message that left the room has to say for its last event. */
type Remains = Pick<
  MessageRow,
  'author_id' | 'display_name' | 'avatar_url' | 'role' | 'posted_at' | 'sequence'
>;

export const remainsOf = ({
  author_id,
  display_name,
  avatar_url,
  role,
  posted_at,
  sequence,
}: MessageRow): string =>
  JSON.stringify({ author_id, display_name, avatar_url, role, posted_at, sequence } satisfies Remains);

/** Null if the message was not theirs. */
export function withoutAuthor(remains: string, userId: string): string | null {
  const known: Remains = JSON.parse(remains);
  if (known.author_id !== userId) return null;
  return JSON.stringify({
    ...known,
    ...{ display_name: null, avatar_url: null, role: 'member' },
  } satisfies Remains);
}

/** Without those of which nothing may be said. */
export function eventsOf(room: OpenRoom, changes: readonly LoggedChange[]): RoomChange[] {
  const rows = messageRows(
    room,
    changes.map(({ sequence }) => sequence),
  );
  const visible = [...rows.values()].filter((row) => isVisible(row, EVERYBODY));
  const messages = new Map(
    composeMessages(room, visible, EVERYBODY).map((message) => [message.sequence, message]),
  );
  const messageOf = ({ kind, sequence, remains }: LoggedChange): ChatEvent['message'] | null => {
    const row = rows.get(sequence);
    const message = messages.get(sequence);
    switch (kind) {
      case 'held_back':
        return row === undefined ? null : withoutContent(room, row);
      case 'unpinned':
        if (message !== undefined) return message;
        if (row !== undefined) return withoutContent(room, row);
        return remains === null ? null : withRemains(room, JSON.parse(remains));
      case 'reacted':
      case 'pinned':
        return message === undefined || message.deleted ? null : message;
      case 'posted':
      case 'deleted':
      case 'released':
        return message ?? null;
      default:
        return kind satisfies never;
    }
  };
  return changes.flatMap((change) => {
    const message = messageOf(change);
    if (message === null) return [];
    const { kind, position } = change;
    return [{ topic: room.key, entity: entityOf(change), value: { kind, message }, position }];
  });
}

function withRemains(room: OpenRoom, remains: Remains): ChatEvent['message'] {
  const gone = { text: '', links: '[]', reply_to: null, is_deleted: 1, is_held_back: 0, is_released: 0 };
  const [message] = composeMessages(room, [{ ...remains, ...gone }], EVERYBODY);
  if (message === undefined) throw new Error('a message is composed');
  return message;
}
