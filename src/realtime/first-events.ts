/**
 * What a subscription is sent before anything happens: the current state, or all that was missed since a position. Pure.
 */
import type { TopicChange } from './topic-log.ts';
import type { EventValue, Watch } from './watch.ts';

export interface FirstEvent {
  entity: string;
  value: EventValue;
  extensions: { position: string; gap?: true };
}

/** Null where nobody asks to resume; a position that no source issues where it cannot be understood. */
export function resumePosition(sent: unknown): number | null {
  if (sent === undefined || sent === null) return null;
  return typeof sent === 'string' && /^\d{1,15}$/.test(sent) ? Number(sent) : 0;
}

/**
 * The current state, by entity.
 *
 * @param loaded from the sources, no older than what the feed had said up to `asOf`.
 * @param changes what the feed has said of the same topics.
 */
export function latestState(
  watch: Pick<Watch, 'isOlder'>,
  loaded: ReadonlyMap<string, EventValue> | null,
  changes: readonly TopicChange<EventValue>[],
  asOf: number,
): Map<string, EventValue> {
  const state = new Map(loaded);
  for (const { entity, position, value } of changes) {
    const held = state.get(entity);
    if (position > asOf || (held !== undefined && watch.isOlder(held, value))) state.set(entity, value);
  }
  return state;
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
