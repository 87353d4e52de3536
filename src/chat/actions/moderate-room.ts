import { GraphQLError } from 'graphql';
import { rejection } from '../../auth/rejection.ts';
import { CHAT_REASON_MAX_CHARACTERS, CHAT_SLOW_MODE_MAX_SECONDS } from '../../config.ts';
import { parseMessageId } from '../message-id.ts';
import { messageNotFound } from '../message-not-found.ts';
import type { ChatModeration, ChatRejection } from '../room-calls.ts';
import type { ChatRoom } from '../room-reader.ts';
import { type ChatAction, roomNotFound, type Scene, sceneOf, userOf } from './chat-action.ts';

export interface Moderating {
  action: ChatModeration;
  /** Null if the global id is not that of a room. */
  roomId: string | null;
  /** Null if none is given, and '' if it is no id of a message. */
  messageId: string | null;
  /** Null if none is given, and '' if it is no id of a user. */
  userId: string | null;
  seconds: number | null;
  reason: string | null;
}

/** Performs an act of moderation. The room records it with its author. */
export async function moderateRoom(
  action: ChatAction,
  moderating: Moderating,
): Promise<ChatRoom | ChatRejection> {
  const { sources, request } = action;
  await request.limits.take('moderateChat', { userId: userOf(request) });
  const { userId, seconds, reason } = moderating;
  const wrong = wrongInput(moderating);
  if (wrong !== null) return wrong;
  const scene = await sceneOf(action, moderating.roomId, userId);
  if (scene === null || !scene.facts.isOpen) return roomNotFound(['input', 'roomId']);
  if (!scene.actor.isModerator) throw notModerator();
  const refusal = targetRefusal(scene, moderating);
  if (refusal !== null) return refusal;
  const message = moderating.messageId === null ? null : parseMessageId(moderating.messageId);
  if (moderating.messageId !== null && message?.room !== scene.key)
    return messageNotFound(['input', 'messageId']);
  const rejected = await sources.rooms.of(scene.key).moderate({
    moderator: scene.actor,
    action: moderating.action,
    sequence: message?.sequence ?? null,
    userId,
    seconds,
    reason,
  });
  return rejected ?? { key: scene.key };
}

/** The permission may have been taken away since the viewer was read. */
const notModerator = () =>
  new GraphQLError('This is not yours to ask for.', { extensions: { code: 'FORBIDDEN' } });

const NEEDS_MESSAGE: readonly ChatModeration[] = ['release', 'pin'];
const SANCTIONS: readonly ChatModeration[] = ['mute', 'ban'];
const NEEDS_USER: readonly ChatModeration[] = [...SANCTIONS, 'unmute', 'unban'];

/** Names the first field that is missing or out of bounds; null if none is. */
function wrongInput({ action, messageId, userId, seconds, reason }: Moderating): ChatRejection | null {
  if (NEEDS_MESSAGE.includes(action) && messageId === null)
    return invalid('messageId', 'This act needs a message.');
  if (NEEDS_USER.includes(action) && userId === null) return invalid('userId', 'This act needs a user.');
  if (SANCTIONS.includes(action) && seconds !== null && seconds < 1)
    return invalid(
      'seconds',
      'A mute or a ban lasts for a second or longer; leave `seconds` out for one without an end.',
    );
  if (action === 'slow_mode' && (seconds === null || seconds < 0 || seconds > CHAT_SLOW_MODE_MAX_SECONDS))
    return invalid('seconds', `Slow mode takes 0 to ${CHAT_SLOW_MODE_MAX_SECONDS} seconds.`);
  if (reason !== null && [...reason].length > CHAT_REASON_MAX_CHARACTERS)
    return invalid('reason', `A reason has ${CHAT_REASON_MAX_CHARACTERS} characters at most.`);
  return null;
}

function targetRefusal({ facts }: Scene, { action, userId }: Moderating): ChatRejection | null {
  if (!facts.hasTarget) return invalid('userId', 'There is no such user.');
  if (SANCTIONS.includes(action) && facts.staff.some(({ id }) => id === userId))
    return rejection('CHAT_NOT_ALLOWED', 'Nobody mutes or bans moderators and the team.', [
      'input',
      'userId',
    ]);
  return null;
}

const invalid = (field: keyof Moderating, message: string): ChatRejection =>
  rejection('VALIDATION_FAILED', message, ['input', field]);
