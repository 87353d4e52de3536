/** Acts of moderators. One that changes nothing is not recorded, so a repeated call records none twice but a sanction. */
import { rejection } from '../auth/rejection.ts';
import { messageNotFound } from './message-not-found.ts';
import { recordAct } from './room-acts.ts';
import { authorRow, trustAuthor } from './room-authors.ts';
import type { ChatModeration, ChatRejection, ModerateRequest } from './room-calls.ts';
import { messageRow } from './room-messages.ts';
import { pin, release, unpin } from './room-removal.ts';
import { isStaff, liftSanction, NOT_ALLOWED, sanctionsOf, setSanction } from './room-sanctions.ts';
import type { OpenRoom } from './room-store.ts';

/** Of the others, `seconds` say nothing. */
const LASTING: readonly ChatModeration[] = ['mute', 'ban', 'slow_mode'];

/** A rejection, or whether anything has changed. */
type Outcome = ChatRejection | boolean;

export function moderateRoom(
  room: OpenRoom,
  request: ModerateRequest,
  nowSeconds: number,
): ChatRejection | null {
  const { moderator, action, reason } = request;
  if (!moderator.isModerator) return NOT_ALLOWED;
  const sequence = request.sequence ?? (action === 'unpin' ? room.row.pinned_sequence : null);
  const authorId = sequence === null ? null : (messageRow(room, sequence)?.author_id ?? null);
  const about = { ...request, sequence, userId: request.userId ?? authorId };
  const outcome = perform(room, about, nowSeconds);
  if (typeof outcome !== 'boolean') return outcome;
  if (outcome) {
    const seconds = LASTING.includes(action) ? request.seconds : null;
    recordAct(room, {
      ...{ at: nowSeconds, actorId: moderator.id, action, sequence, userId: about.userId, seconds, reason },
    });
  }
  return null;
}

function perform(room: OpenRoom, request: ModerateRequest, nowSeconds: number): Outcome {
  const { action, sequence, seconds } = request;
  switch (action) {
    case 'release':
      return releaseMessage(room, sequence);
    case 'pin':
      return pinMessage(room, sequence);
    case 'unpin':
      if (sequence === null || room.row.pinned_sequence !== sequence) return false;
      unpin(room);
      return true;
    case 'mute':
    case 'ban':
      return sanction(room, request, action, nowSeconds);
    case 'unmute':
      return lift(room, request, 'mute', nowSeconds);
    case 'unban':
      return lift(room, request, 'ban', nowSeconds);
    case 'slow_mode':
      if (room.row.slow_mode_seconds === (seconds ?? 0)) return false;
      room.save({ slow_mode_seconds: seconds ?? 0 });
      return true;
    default:
      return action satisfies never;
  }
}

function releaseMessage(room: OpenRoom, sequence: number | null): Outcome {
  const row = sequence === null ? null : messageRow(room, sequence);
  if (row === null || row.is_deleted === 1) return messageNotFound(['input', 'messageId']);
  if (row.is_held_back === 0) return false;
  release(room, row.sequence);
  trustAuthor(room, row.author_id);
  return true;
}

function pinMessage(room: OpenRoom, sequence: number | null): Outcome {
  const row = sequence === null ? null : messageRow(room, sequence);
  if (row === null || row.is_deleted === 1 || row.is_held_back === 1)
    return messageNotFound(['input', 'messageId']);
  if (room.row.pinned_sequence === row.sequence) return false;
  pin(room, row.sequence);
  return true;
}

const userMissing = () =>
  rejection('VALIDATION_FAILED', 'Name the user, or a message of theirs.', ['input', 'userId']);

function sanction(
  room: OpenRoom,
  { userId, seconds, moderator }: ModerateRequest,
  kind: 'mute' | 'ban',
  nowSeconds: number,
): Outcome {
  if (userId === null) return userMissing();
  const user = authorRow(room, userId);
  if (userId === moderator.id || (user !== null && isStaff(user))) return NOT_ALLOWED;
  setSanction(room, userId, kind, seconds === null ? null : nowSeconds + seconds);
  return true;
}

function lift(
  room: OpenRoom,
  { userId }: ModerateRequest,
  kind: 'mute' | 'ban',
  nowSeconds: number,
): Outcome {
  if (userId === null) return userMissing();
  if (!sanctionsOf(room, userId, nowSeconds).includes(kind)) return false;
  liftSanction(room, userId, kind);
  return true;
}
