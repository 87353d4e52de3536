/** An answer to a reader: only what they ask for is composed. */
import { authorRow } from './room-authors.ts';
import type { RoomRead, RoomReading } from './room-calls.ts';
import { EVERYBODY, heldBackMessages, messagePage, messagesBySequence } from './room-messages.ts';
import { isStaff, NOT_ALLOWED, postRefusal } from './room-sanctions.ts';
import type { OpenRoom } from './room-store.ts';

/** A resumption from 0 is sent the newest messages: an answer of now is as good as one of later, so it can be kept. */
const nothing = ({ viewer, ofViewer }: RoomRead, watching: number): RoomReading => ({
  ...{ messages: [], bySequence: [], pinned: null, slowModeSeconds: 0, watching, position: 0 },
  heldBack: ofViewer === true && viewer?.isModerator ? [] : null,
  refusal: null,
});

/** @param room null if it has no rows */
export function readRoom(
  room: OpenRoom | null,
  request: RoomRead,
  { watching, nowMs }: { watching: number; nowMs: number },
): RoomReading {
  const { messages, bySequence, state } = request;
  const viewer = request.ofViewer === true ? request.viewer : undefined;
  if (room === null) return nothing(request, watching);
  const reader = request.viewer ?? EVERYBODY;
  const { pinned_sequence: pinned, slow_mode_seconds: slowModeSeconds } = room.row;
  const isAskedPinned = state === true && pinned !== null;
  return {
    messages: messages === undefined ? [] : messagePage(room, messages),
    bySequence: bySequence === undefined ? [] : messagesBySequence(room, bySequence, reader),
    pinned: isAskedPinned ? (messagesBySequence(room, [pinned], EVERYBODY)[0] ?? null) : null,
    slowModeSeconds,
    watching,
    position: room.changes.position,
    heldBack: viewer === undefined ? null : heldBackMessages(room, viewer),
    refusal: viewer === undefined ? null : refusalOf(room, viewer, Math.floor(nowMs / 1000)),
  };
}

function refusalOf(
  room: OpenRoom,
  { id, isModerator }: NonNullable<RoomRead['viewer']>,
  nowSeconds: number,
): RoomReading['refusal'] {
  const author = authorRow(room, id);
  if (author?.is_erased === 1) return NOT_ALLOWED;
  const exempt = isModerator || (author !== null && isStaff(author));
  return postRefusal(room, id, { nowSeconds, exempt });
}
