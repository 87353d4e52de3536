/** The first events of a subscription: the current state, or the changes since a position. Pure. */
import type { EventValue } from './feeds.ts';
import type { TopicChange } from './topic-log.ts';

export interface FirstEvent {
  entity: string;
  value: EventValue;
  /** The position that the value is of. */
  at: number;
  extensions: { position: string; gap?: true };
}

export interface FirstEvents {
  events: FirstEvent[];
  /** They hold everything up to here. */
  position: number;
  /** That of the last change which the hub may not know yet; 0 if there is none. */
  newestPosition: number;
  /** True if the subscriber has seen nothing else of its topics; otherwise it has seen the state before. */
  isWhole: boolean;
}

/** Null if the client does not resume; 0, which no source issues, if its position cannot be understood. */
export function resumePosition(sent: unknown): number | null {
  if (sent === undefined || sent === null) return null;
  return typeof sent === 'string' && /^\d{1,15}$/.test(sent) ? Number(sent) : 0;
}

/** The state as the sources had it before the feed was asked, with the feed's changes of the same topics on top. */
export function latestState(
  loaded: ReadonlyMap<string, EventValue>,
  changes: readonly TopicChange<EventValue>[],
): Map<string, EventValue> {
  return new Map([...loaded, ...changes.map(({ entity, value }): [string, EventValue] => [entity, value])]);
}

/** The last change of each entity, in the order of positions. */
export function latestChanges(changes: readonly TopicChange<EventValue>[]): TopicChange<EventValue>[] {
  const inOrder = [...changes].sort((a, b) => a.position - b.position);
  return [...new Map(inOrder.map((change) => [change.entity, change])).values()].sort(
    (a, b) => a.position - b.position,
  );
}

/** Positions of an incomplete state have a fraction: a client that resumes from one is sent the whole state again. */
export function stateEvents(
  state: ReadonlyMap<string, EventValue>,
  position: number,
  isGap: boolean,
): FirstEvent[] {
  return [...state].map(([entity, value], at) => {
    const reached = at === state.size - 1 ? position : position - 0.5;
    return {
      entity,
      value,
      at: position,
      extensions: { position: String(reached), ...(isGap && at === 0 ? { gap: true } : {}) },
    };
  });
}

export const missedEvents = (missed: readonly TopicChange<EventValue>[]): FirstEvent[] =>
  missed.map(({ entity, value, position }) => ({
    entity,
    value,
    at: position,
    extensions: { position: String(position) },
  }));
