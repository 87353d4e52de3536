import type { RoomRead } from './room-calls.ts';
import type { RoomKey } from './room-key.ts';

/** One thing that is asked of a room. */
export interface RoomAsk {
  room: RoomKey;
  page?: { before: number | null; limit: number };
  sequence?: number;
  state?: true;
  watching?: true;
  ofViewer?: true;
}

export interface MergedRead {
  room: RoomKey;
  request: RoomRead;
  /** Those that the call answers. */
  asks: RoomAsk[];
}

/**
 * The calls of rooms that answer all asks: one a room, and one more for each page that begins elsewhere. Pages with the same
 * beginning are one, as long as the longest of them.
 *
 * The state comes with the newest page: its position is then that of these messages.
 */
export function mergedReads(asks: readonly RoomAsk[]): MergedRead[] {
  const ofRooms = Map.groupBy(asks, ({ room }) => room);
  return [...ofRooms].flatMap(([room, ofRoom]) => {
    const pages = Map.groupBy(
      ofRoom.filter(({ page }) => page !== undefined),
      ({ page }) => page?.before ?? null,
    );
    const others = ofRoom.filter(({ page }) => page === undefined);
    const first = pages.has(null) ? null : [...pages.keys()][0];
    const reads = [...pages].map(([before, answered]): MergedRead => {
      const limit = Math.max(...answered.map(({ page }) => page?.limit ?? 0));
      const own = before === first ? others : [];
      return {
        room,
        request: { messages: { limit, before }, ...requestOf(own) },
        asks: [...answered, ...own],
      };
    });
    return reads.length > 0 ? reads : [{ room, request: requestOf(others), asks: others }];
  });
}

function requestOf(asks: readonly RoomAsk[]): RoomRead {
  const sequences = asks.map(({ sequence }) => sequence).filter((sequence) => sequence !== undefined);
  return {
    ...(sequences.length > 0 ? { bySequence: [...new Set(sequences)] } : {}),
    ...(asks.some(({ state }) => state) ? { state: true } : {}),
    ...(asks.some(({ watching }) => watching) ? { watching: true } : {}),
    ...(asks.some(({ ofViewer }) => ofViewer) ? { ofViewer: true } : {}),
  };
}
