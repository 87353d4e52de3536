/**
 * Rooms as requests and jobs call them.
 *
 * Each call has a time limit. A call whose answer is lost may have been recorded or not: it is reported as retryable, since
 * a room answers a repeated call with what it has recorded.
 */
import { CHAT_CALL_TIMEOUT_MS, CHAT_RETRY_SECONDS } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import { answerOrRetry } from '../storage/answer-or-retry.ts';
import type { RoomCalls } from './room-calls.ts';
import type { RoomKey } from './room-key.ts';

/** What requests and jobs ask a room: hubs alone watch it. */
export type AskedRoom = Omit<RoomCalls, 'watch'>;

/** The namespace of the objects, by the key of a room. */
export interface RoomObjects {
  getByName(key: string): AskedRoom;
}

export interface Rooms {
  /** Each call throws a `GraphQLError` with `SERVICE_UNAVAILABLE` if its answer is lost. */
  of(key: RoomKey): AskedRoom;
}

export function roomsOf(objects: RoomObjects): Rooms {
  return {
    of: (key) => {
      // A stub does not recover after some errors, so each call takes its own.
      const call = <Answer>(name: keyof AskedRoom, ask: (room: AskedRoom) => Promise<Answer>) =>
        answered(key, name, () => ask(objects.getByName(key)));
      return {
        post: (request) => call('post', (room) => room.post(request)),
        remove: (request) => call('remove', (room) => room.remove(request)),
        react: (request) => call('react', (room) => room.react(request)),
        report: (request) => call('report', (room) => room.report(request)),
        moderate: (request) => call('moderate', (room) => room.moderate(request)),
        read: (request) => call('read', (room) => room.read(request)),
        applyAuthors: (changes) => call('applyAuthors', (room) => room.applyAuthors(changes)),
        acts: (after, limit) => call('acts', (room) => room.acts(after, limit)),
        exportRows: (after, limit) => call('exportRows', (room) => room.exportRows(after, limit)),
      };
    },
  };
}

const answered = <Answer>(room: string, call: keyof AskedRoom, ask: () => Promise<Answer>): Promise<Answer> =>
  answerOrRetry(ask, {
    limitMs: CHAT_CALL_TIMEOUT_MS,
    callee: 'room',
    retryAfterSeconds: CHAT_RETRY_SECONDS,
    message:
      'The room does not answer now. It is safe to send the same request again: nothing happens twice.',
    noteLost: (error) => log.error('chat.answer_lost', { room, call, ...errorFields(error) }),
  });
