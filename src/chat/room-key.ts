/** A room is named after its project or pool. The key is the name of its object, and the local part of its global id. */

export type RoomSubject = 'project' | 'pool';
export type RoomKey = `${RoomSubject}:${string}`;

export const roomKey = (subject: RoomSubject, id: string): RoomKey => `${subject}:${id}`;

const KEY = /^(project|pool):(.+)$/su;

/** Null if the text is no key of a room. */
export function parseRoomKey(text: string): { subject: RoomSubject; id: string } | null {
  const [, subject, id] = KEY.exec(text) ?? [];
  if (id === undefined || (subject !== 'project' && subject !== 'pool')) return null;
  return { subject, id };
}

export const isRoomKey = (text: string): text is RoomKey => parseRoomKey(text) !== null;
