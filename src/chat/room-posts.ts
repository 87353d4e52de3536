/** Posts, deletions, reactions and reports: each one step, in which everything is decided by the rows of that moment. */
import { CHAT_REPORTS_TO_HOLD } from '../config.ts';
import { messageNotFound } from './message-not-found.ts';
import { recordAct } from './room-acts.ts';
import { addAuthor, authorRow } from './room-authors.ts';
import type {
  ChatMessage,
  ChatRejection,
  PostRequest,
  ReportRequest,
  RoomActor,
  RoomCalls,
} from './room-calls.ts';
import { trimExcess } from './room-expiry.ts';
import { EVERYBODY, isVisible, type MessageRow, messageRow, messagesBySequence } from './room-messages.ts';
import { holdBack, removeContent } from './room-removal.ts';
import { isBanned, isStaff, NOT_ALLOWED, postRefusal, sanctionsOf } from './room-sanctions.ts';
import type { OpenRoom } from './room-store.ts';

const YOUNG_ACCOUNT = 'The account is young, and none of its messages was released here.';
const reportedBy = (count: number) => `It was reported by ${count} accounts.`;

type Answer = ChatMessage | ChatRejection;

const readerOf = (actor: RoomActor) => ({ id: actor.id, isModerator: actor.isModerator });

/** @throws if the row is not there */
function messageFor(room: OpenRoom, sequence: number, actor: RoomActor): ChatMessage {
  const [message] = messagesBySequence(room, [sequence], readerOf(actor));
  if (message === undefined) throw new Error('the message is there');
  return message;
}

export function postMessage(room: OpenRoom, request: PostRequest, nowSeconds: number): Answer {
  const { author, clientMutationId, replyTo, refusal } = request;
  const known = authorRow(room, author.id);
  if (known?.is_erased === 1) return NOT_ALLOWED;
  const [posted] = room.sql
    .exec<{ sequence: number }>(
      'SELECT sequence FROM message WHERE author_id = ? AND client_mutation_id = ?',
      ...[author.id, clientMutationId],
    )
    .toArray();
  if (posted !== undefined) return messageFor(room, posted.sequence, author);
  const exempt = isStaff(author);
  const refused = refusal ?? postRefusal(room, author.id, { nowSeconds, exempt });
  if (refused !== null) return refused;
  if (replyTo !== null) {
    const replied = messageRow(room, replyTo);
    if (replied === null || !isVisible(replied, readerOf(author)))
      return messageNotFound(['input', 'replyTo']);
  }
  const isTooYoung = author.isYoung && !exempt && known?.is_trusted !== 1;
  return insertMessage(room, request, request.holdReason ?? (isTooYoung ? YOUNG_ACCOUNT : null), nowSeconds);
}

function insertMessage(
  room: OpenRoom,
  { author, clientMutationId, text, links, replyTo }: PostRequest,
  holdReason: string | null,
  nowSeconds: number,
): ChatMessage {
  addAuthor(room, author);
  const sequence = room.nextSequence();
  room.sql.exec(
    `INSERT INTO message (sequence, author_id, client_mutation_id, text, links, reply_to, posted_at, is_deleted,
       is_held_back, hold_reason, is_released) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, 0)`,
    ...[sequence, author.id, clientMutationId, text, JSON.stringify(links), replyTo, nowSeconds],
    ...[holdReason === null ? 0 : 1, holdReason],
  );
  if (holdReason === null) room.changes.add('posted', sequence);
  else recordHold(room, { sequence, author_id: author.id }, holdReason, nowSeconds);
  trimExcess(room);
  return messageFor(room, sequence, author);
}

export function removeMessage(
  room: OpenRoom,
  { actor, sequence }: Parameters<RoomCalls['remove']>[0],
  nowSeconds: number,
): Answer {
  const row = messageRow(room, sequence);
  if (row === null || !isVisible(row, readerOf(actor))) return messageNotFound(['messageId']);
  const isOwn = row.author_id === actor.id;
  if (!isOwn && !actor.isModerator) return NOT_ALLOWED;
  if (row.is_deleted === 0) {
    removeContent(room, sequence);
    // Nobody has seen one that is held back, or everybody has been told that it has gone.
    if (row.is_held_back === 0) room.changes.add('deleted', sequence);
    const { author_id: userId } = row;
    const act = { at: nowSeconds, actorId: actor.id, action: 'delete', sequence, userId } as const;
    if (!isOwn) recordAct(room, { ...act, seconds: null, reason: null });
  }
  return messageFor(room, sequence, actor);
}

/** The message, if everybody sees it. */
const publicRow = (room: OpenRoom, sequence: number): MessageRow | null => {
  const row = messageRow(room, sequence);
  return row !== null && isVisible(row, EVERYBODY) && row.is_deleted === 0 ? row : null;
};

export function reactTo(
  room: OpenRoom,
  { actor, sequence, kind, remove }: Parameters<RoomCalls['react']>[0],
  nowSeconds: number,
): Answer {
  if (authorRow(room, actor.id)?.is_erased === 1 || isBanned(room, actor.id, nowSeconds)) return NOT_ALLOWED;
  if (publicRow(room, sequence) === null) return messageNotFound(['input', 'messageId']);
  const [known] = room.sql
    .exec(
      'SELECT 1 FROM reaction WHERE sequence = ? AND user_id = ? AND kind = ?',
      ...[sequence, actor.id, kind],
    )
    .toArray();
  if ((known !== undefined) === remove) {
    addAuthor(room, actor);
    room.sql.exec(
      remove
        ? 'DELETE FROM reaction WHERE sequence = ? AND user_id = ? AND kind = ?'
        : 'INSERT INTO reaction (sequence, user_id, kind) VALUES (?, ?, ?)',
      ...[sequence, actor.id, kind],
    );
    room.changes.add('reacted', sequence);
  }
  return messageFor(room, sequence, actor);
}

/** @returns true if it is recorded, also by an earlier call */
export function reportMessage(
  room: OpenRoom,
  { reporter, sequence, reason }: ReportRequest,
  nowSeconds: number,
): boolean {
  const mine = 'SELECT 1 FROM report WHERE sequence = ? AND user_id = ?';
  if (room.sql.exec(mine, sequence, reporter.id).toArray().length > 0) return true;
  const row = publicRow(room, sequence);
  if (row === null || row.author_id === reporter.id || isStaff(row)) return false;
  if (reporter.isYoung || authorRow(room, reporter.id)?.is_erased === 1) return false;
  if (sanctionsOf(room, reporter.id, nowSeconds).length > 0) return false;
  addAuthor(room, reporter);
  room.sql.exec(
    'INSERT INTO report (sequence, user_id, reason, reported_at) VALUES (?, ?, ?, ?)',
    ...[sequence, reporter.id, reason, nowSeconds],
  );
  const [reports] = room.sql
    .exec<{ count: number }>('SELECT count(*) AS count FROM report WHERE sequence = ?', sequence)
    .toArray();
  const count = reports?.count ?? 0;
  if (row.is_released === 0 && count >= CHAT_REPORTS_TO_HOLD) {
    holdBack(room, sequence, reportedBy(count));
    recordHold(room, row, reportedBy(count), nowSeconds);
  }
  return true;
}

/** The room itself has held a message back: a moderator who releases or deletes it can tell why it waited. */
function recordHold(
  room: OpenRoom,
  { sequence, author_id: userId }: Pick<MessageRow, 'sequence' | 'author_id'>,
  reason: string,
  nowSeconds: number,
): void {
  const act = { at: nowSeconds, actorId: null, action: 'hold_back', sequence } as const;
  recordAct(room, { ...act, userId, seconds: null, reason });
}
