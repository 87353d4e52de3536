/**
 * What a subscription is sent before anything happens: the current state, or all that was missed since a position. Pure.
 */
import type { TopicChange } from './topic-log.ts';
import type { EventValue } from './watch.ts';

export interface FirstEvent {
  entity: string;
  value: EventValue;
  extensions: { position: string; gap?: true };
}

export interface FirstEvents {
  events: FirstEvent[];
  /** Up to here they tell everything. */
  position: number;
  /** Whether they are all that the subscriber has seen of its topics; otherwise it saw the rest before. */
  isWhole: boolean;
}

/** Null where nobody asks to resume; a position that no source issues where it cannot be understood. */
export function resumePosition(sent: unknown): number | null {
  if (sent === undefined || sent === null) return null;
  return typeof sent === 'string' && /^\d{1,15}$/.test(sent) ? Number(sent) : 0;
}

/** The state as the sources had it before the feed was asked, and what the feed says of the same topics. */
export function latestState(
  loaded: ReadonlyMap<string, EventValue>,
  changes: readonly TopicChange<EventValue>[],
): Map<string, EventValue> {
  return new Map([...loaded, ...changes.map(({ entity, value }): [string, EventValue] => [entity, value])]);
}

/** Before the state is whole a position has a fraction: who resumes from there is sent all of it again. */
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
      extensions: { position: String(reached), ...(isGap && at === 0 ? { gap: true } : {}) },
    };
  });
}

export const missedEvents = (missed: readonly TopicChange<EventValue>[]): FirstEvent[] =>
  missed.map(({ entity, value, position }) => ({
    entity,
    value,
    extensions: { position: String(position) },
  }));
