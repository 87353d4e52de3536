/** The id of a message names its room: `<key of the room>/<sequence>`. It is the local part of the global id. */
import type { ChatMessage } from './room-calls.ts';
import { isRoomKey } from './room-key.ts';

export type MessageAddress = Pick<ChatMessage, 'room' | 'sequence'>;

export const messageId = ({ room, sequence }: MessageAddress): string => `${room}/${sequence}`;

/** The id of a project may have slashes: the sequence is behind the last one. */
const MESSAGE_ID = /^(.+)\/([1-9]\d{0,14})$/su;

/** Null if the text is no id of a message. */
export function parseMessageId(text: string): MessageAddress | null {
  const [, room = '', sequence] = MESSAGE_ID.exec(text) ?? [];
  return isRoomKey(room) ? { room, sequence: Number(sequence) } : null;
}
