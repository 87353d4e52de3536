import fc from 'fast-check';
import type { GraphQLError } from 'graphql';
import { describe, expect, test } from 'vitest';
import { HashQueue } from '../../../src/auth/hash-queue.ts';

interface Turn {
  arrivedAtMs: number;
  /** Null while it waits. */
  outcome: 'began' | GraphQLError | null;
  endedAtMs: number;
}

/** An isolate: a hash blocks it for a time, and timers that are due meanwhile fire late. */
class SimulatedIsolate {
  nowMs = 0;
  readonly turns: Turn[] = [];
  readonly #hashMs: number;
  readonly #timers: { dueAtMs: number; fire: () => void }[] = [];
  readonly #queue = new HashQueue({
    timerNowMs: () => this.nowMs,
    sleep: (ms) => new Promise((fire) => this.#timers.push({ dueAtMs: this.nowMs + ms, fire })),
  });

  constructor(hashMs = 0) {
    this.#hashMs = hashMs;
  }

  arrive(): Turn {
    const turn: Turn = { arrivedAtMs: this.nowMs, outcome: null, endedAtMs: Number.NaN };
    this.turns.push(turn);
    const end = (outcome: Turn['outcome']) => Object.assign(turn, { outcome, endedAtMs: this.nowMs });
    void this.#queue.turn().then(
      () => {
        end('began');
        this.nowMs += this.#hashMs;
      },
      (error: GraphQLError) => end(error),
    );
    return turn;
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    await settle();
    for (;;) {
      this.#timers.sort((a, b) => a.dueAtMs - b.dueAtMs);
      const next = this.#timers[0];
      if (next === undefined || next.dueAtMs > Math.max(untilMs, this.nowMs)) break;
      this.#timers.shift();
      this.nowMs = Math.max(this.nowMs, next.dueAtMs);
      next.fire();
      await settle();
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  get beginnings(): number[] {
    return this.turns.filter(({ outcome }) => outcome === 'began').map(({ endedAtMs }) => endedAtMs);
  }
}

/** Lets everything run that waits for nothing but other code. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('hashes of an isolate', () => {
  test('begin two a second, in the order of their arrival', async () => {
    const isolate = new SimulatedIsolate(190);
    for (let count = 0; count < 4; count += 1) isolate.arrive();
    await isolate.advance(10_000);
    expect(isolate.turns.map(({ endedAtMs }) => endedAtMs)).toEqual([0, 500, 1_000, 1_500]);
  });

  test('begin at once if none began within the last half second', async () => {
    const isolate = new SimulatedIsolate();
    isolate.arrive();
    await isolate.advance(500);
    isolate.arrive();
    await isolate.advance(0);
    expect(isolate.beginnings).toEqual([0, 500]);
  });

  test('wait three seconds at most; those that would wait longer are refused at once', async () => {
    const isolate = new SimulatedIsolate();
    for (let count = 0; count < 20; count += 1) isolate.arrive();
    await isolate.advance(0);
    for (const { outcome } of isolate.turns.slice(7)) {
      expect(outcome).toMatchObject({ extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 4 } });
    }
    await isolate.advance(10_000);
    expect(isolate.beginnings).toEqual([0, 500, 1_000, 1_500, 2_000, 2_500, 3_000]);
  });

  test('are taken again as soon as the queue is shorter', async () => {
    const isolate = new SimulatedIsolate();
    for (let count = 0; count < 20; count += 1) isolate.arrive();
    await isolate.advance(500);
    const [taken, refused] = [isolate.arrive(), isolate.arrive()];
    await isolate.advance(10_000);
    expect(taken).toMatchObject({ outcome: 'began', endedAtMs: 3_500 });
    expect(refused.outcome).toMatchObject({ extensions: { code: 'RATE_LIMITED' } });
  });

  test('are refused when others take so long that the wait has become longer', async () => {
    const isolate = new SimulatedIsolate(1_400);
    for (let count = 0; count < 7; count += 1) isolate.arrive();
    await isolate.advance(20_000);
    expect(isolate.beginnings).toEqual([0, 1_400, 2_800]);
    expect(isolate.turns.at(-1)?.outcome).toMatchObject({ extensions: { retryAfterSeconds: 1 } });
    isolate.arrive();
    await isolate.advance(0);
    expect(isolate.beginnings).toEqual([0, 1_400, 2_800, isolate.turns.at(-1)?.arrivedAtMs]);
  });

  test('go on where the clock is set back', async () => {
    const isolate = new SimulatedIsolate();
    for (let count = 0; count < 7; count += 1) isolate.arrive();
    await isolate.advance(10_000);
    isolate.nowMs -= 3_600_000;
    const turns = [isolate.arrive(), isolate.arrive()];
    await isolate.advance(500);
    expect(turns.map(({ outcome }) => outcome)).toEqual(['began', 'began']);
  });
});

test('no two hashes begin within half a second, nobody waits for long, and everybody is answered', async () => {
  const arrivals = fc.array(fc.nat({ max: 1_500 }), { minLength: 1, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(arrivals, fc.constantFrom(0, 190, 450, 900, 2_000), async (pausesMs, hashMs) => {
      const isolate = new SimulatedIsolate(hashMs);
      for (const pauseMs of pausesMs) {
        await isolate.advance(pauseMs);
        isolate.arrive();
      }
      await isolate.advance(20_000);
      const beginnings = isolate.beginnings.toSorted((a, b) => a - b);
      for (const [at, begunAtMs] of beginnings.entries()) {
        expect(begunAtMs - (beginnings[at - 1] ?? -500)).toBeGreaterThanOrEqual(500);
      }
      for (const { outcome, arrivedAtMs, endedAtMs } of isolate.turns) {
        if (outcome !== 'began') expect(outcome).toMatchObject({ extensions: { code: 'RATE_LIMITED' } });
        // Half a second late at most. A timer that is due while another request hashes fires after it.
        expect(endedAtMs - arrivedAtMs).toBeLessThanOrEqual(3_500 + hashMs);
      }
    }),
    { numRuns: 300 },
  );
});
