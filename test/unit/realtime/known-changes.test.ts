/** A hub remembers no text that everybody may not see any more, in whatever order it hears of it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChatEvent, ChatEventKind, ChatMessage } from '../../../src/chat/room-calls.ts';
import { HUB_JOURNALS_MAX_BYTES } from '../../../src/config.ts';
import { withoutHidden } from '../../../src/realtime/chat-events.ts';
import { JournalRoom } from '../../../src/realtime/journal-room.ts';
import { KnownChanges } from '../../../src/realtime/known-changes.ts';
import type { TopicChange } from '../../../src/realtime/topic-log.ts';

type Change = TopicChange<ChatEvent>;

const ROOM = 'project:a';
const MESSAGES = 4;
const isHidden = (kind: ChatEventKind) => kind === 'held_back' || kind === 'deleted';
const textOf = (sequence: number) => `text of ${sequence}`;

/** Each act of a room is a change; values are as the room is when it is delivered. */
interface Act {
  sequence: number;
  kind: Exclude<ChatEventKind, 'posted'>;
  /** How many further acts happen before the value is made. */
  delay: number;
}

const act: fc.Arbitrary<Act> = fc.record({
  sequence: fc.integer({ min: 1, max: MESSAGES }),
  kind: fc.constantFrom('deleted', 'reacted', 'pinned', 'unpinned', 'held_back', 'released'),
  delay: fc.nat(3),
});

/** What the room would publish: message n answers message n - 1. */
function changesOf(acts: readonly Act[]): Change[] {
  const hidden: (ChatEventKind | undefined)[][] = [[]];
  for (const { sequence, kind } of acts) {
    const before = hidden.at(-1) ?? [];
    const after = [...before];
    if (before[sequence] !== 'deleted') {
      if (isHidden(kind)) after[sequence] = kind;
      if (kind === 'released') after[sequence] = undefined;
    }
    hidden.push(after);
  }
  const posted = Array.from({ length: MESSAGES }, (_, at) => ({
    sequence: at + 1,
    kind: 'posted' as ChatEventKind,
    at: 0,
  }));
  const later = acts.map(({ sequence, kind, delay }, index) => ({
    sequence,
    kind: kind as ChatEventKind,
    at: Math.min(index + 1 + delay, acts.length),
  }));
  return [...posted, ...later].flatMap(({ sequence, kind, at }, index) => {
    const now = hidden[at] ?? [];
    const shown = (of: number): ChatMessage =>
      ({ sequence: of, text: now[of] === undefined ? textOf(of) : '' }) as ChatMessage;
    const isGone = now[sequence] !== undefined;
    // A room drops what it has not delivered of a message that is hidden, and says the latest that has happened to it.
    if (isGone && !isHidden(kind) && kind !== 'unpinned') return [];
    if (!isGone && isHidden(kind)) return [];
    const repliedMessage = sequence === 1 || now[sequence - 1] === 'held_back' ? null : shown(sequence - 1);
    const message = { ...shown(sequence), repliedMessage };
    return { topic: ROOM, entity: entityOf(kind, sequence), value: { kind, message }, position: 10 + index };
  });
}

function entityOf(kind: ChatEventKind, sequence: number): string {
  if (kind === 'reacted') return `reactions:${sequence}`;
  return kind === 'pinned' || kind === 'unpinned' ? 'pin' : `message:${sequence}`;
}

/** Of each message, its latest change among these. */
function latestOf(changes: readonly Change[]): Map<number, Change> {
  const ofMessages = changes.filter(({ entity }) => entity.startsWith('message:'));
  ofMessages.sort((a, b) => a.position - b.position);
  return new Map(ofMessages.map((change) => [change.value.message.sequence, change]));
}

const knownOf = (changesKept: number) => new KnownChanges<ChatEvent>({ changesKept, revise: withoutHidden });

const arrivals = fc.array(act, { minLength: 1, maxLength: 25 }).chain((acts) => {
  const changes = changesOf(acts);
  return fc.record({
    order: fc.shuffledSubarray(changes, { minLength: changes.length, maxLength: changes.length }),
    repeated: fc.subarray(changes),
    changesKept: fc.constantFrom(3, 8, 300),
    floor: fc.option(fc.integer({ min: 10, max: 10 + acts.length })),
  });
});

test('nothing that is remembered has the text of a message that is known to be deleted or held back since', () => {
  let hides = 0;
  fc.assert(
    fc.property(arrivals, ({ order, repeated, changesKept, floor }) => {
      const known = knownOf(changesKept);
      const arrived: Change[] = [];
      for (const [at, change] of [...order, ...repeated].entries()) {
        if (at === 5) known.setFloor(floor);
        known.take(change);
        arrived.push(change);
        const latest = latestOf(arrived);
        expect(known.changes.size).toBeLessThanOrEqual(changesKept);
        for (const { position, value, entity } of known.changes.values()) {
          expect(position).toBeGreaterThan(known.evictedUpTo);
          for (const carried of [value.message, value.message.repliedMessage]) {
            const last = latest.get(carried?.sequence ?? 0);
            if (last === undefined || last.position <= position || !isHidden(last.value.kind)) continue;
            hides += 1;
            expect([entity, carried?.text]).toEqual([entity, '']);
          }
        }
      }
    }),
    { numRuns: 1_000 },
  );
  expect(hides).toBeGreaterThan(1_000);
});

const change = (position: number, kind: ChatEventKind, sequence: number, replied?: number): Change => ({
  topic: ROOM,
  entity: entityOf(kind, sequence),
  position,
  value: {
    kind,
    message: {
      sequence,
      text: isHidden(kind) ? '' : textOf(sequence),
      ...(replied === undefined ? {} : { repliedMessage: { sequence: replied, text: textOf(replied) } }),
    } as ChatMessage,
  },
});

describe('a message that is held back', () => {
  test('leaves its answers, its reactions and its pin', () => {
    const known = knownOf(300);
    for (const each of [change(1, 'posted', 1), change(2, 'posted', 2, 1), change(3, 'reacted', 1)])
      known.take(each);
    known.take(change(4, 'pinned', 1));
    known.take(change(5, 'held_back', 1));
    expect([...known.changes.keys()].toSorted()).toEqual(['message:1', 'message:2']);
    expect(known.changes.get('message:2')?.value.message).toMatchObject({
      text: textOf(2),
      repliedMessage: null,
    });
    expect(JSON.stringify([...known.changes])).not.toContain(textOf(1));
  });

  test('leaves an answer that arrives late, and one that waits to be sent', () => {
    const known = knownOf(300);
    known.take(change(5, 'held_back', 1));
    known.take(change(2, 'posted', 2, 1));
    expect(known.changes.get('message:2')?.value.message.repliedMessage).toBeNull();
    const { value } = change(2, 'posted', 1);
    expect(known.revised('message:1', value, 2)?.message.text).toBe('');
    expect(known.revised('message:1', value, 6)).toBe(value);
  });

  test('is shown in an answer that came after its release', () => {
    const known = knownOf(300);
    for (const each of [change(5, 'held_back', 1), change(6, 'released', 1), change(7, 'posted', 2, 1)])
      known.take(each);
    expect(known.changes.get('message:2')?.value.message.repliedMessage?.text).toBe(textOf(1));
  });
});

test('beyond its bound the oldest are forgotten, which the floor says, and none of them comes back', () => {
  const known = knownOf(3);
  for (const position of [2, 1, 3, 4, 5]) known.take(change(position, 'posted', position));
  expect([...known.changes.values()].map(({ position }) => position)).toEqual([3, 4, 5]);
  expect([known.floor, known.evictedUpTo]).toEqual([2, 2]);
  known.take(change(1, 'posted', 1));
  expect(known.changes.has('message:1')).toBe(false);
});

test('journals share their room: the longest loses its oldest changes, and one that is released holds nothing', () => {
  const room = new JournalRoom();
  const journal = () => new KnownChanges<string>({ changesKept: 300, revise: (_, value) => value }, room);
  const [short, long] = [journal(), journal()];
  const text = 'x'.repeat(HUB_JOURNALS_MAX_BYTES / 8);
  short.take({ topic: 's', entity: 's', value: text, position: 1 });
  for (let position = 1; position <= 20; position += 1)
    long.take({ topic: 'l', entity: `${position}`, value: text, position });
  expect(short.changes.size).toBe(1);
  expect([...long.changes.values()].map(({ position }) => position)).toEqual([15, 16, 17, 18, 19, 20]);
  expect([long.floor, long.evictedUpTo]).toEqual([14, 14]);
  long.release();
  for (let position = 2; position <= 20; position += 1)
    short.take({ topic: 's', entity: `${position}`, value: text, position });
  expect(short.changes.size).toBe(7);
});

test('a feed of states keeps the latest of each entity, however many there are', () => {
  const known = new KnownChanges<number>();
  for (let at = 1; at <= 1_000; at += 1)
    known.take({ topic: 't', entity: `${at % 500}`, value: at, position: at });
  known.take({ topic: 't', entity: '0', value: -1, position: 3 });
  expect(known.changes.size).toBe(500);
  expect(known.changes.get('0')?.value).toBe(1_000);
  expect(known.floor).toBe(1);
});
