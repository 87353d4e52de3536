/**
 * Drawn histories of a room whose hubs fail, lose answers and hang, and whose object ends at any moment: the screens behind
 * every hub become what everybody may read, and no hub or reader is ever given a text that is held back or deleted.
 */
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isRejection } from '../../../src/auth/rejection.ts';
import { Model, Screen, shown } from '../../support/chat/room-model.ts';
import { MODERATOR, person, RoomWorld, START_MS } from '../../support/chat/room-world.ts';

const RUNS = Number(process.env.ROOM_RUNS ?? 150);
const AUTHORS = ['ann', 'bob', 'cat', 'dan'];
const HUBS = ['hub-1', 'hub-2'];

beforeEach(() => {
  vi.useFakeTimers({ now: START_MS });
  for (const level of ['warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const author = fc.constantFrom(...AUTHORS);
const at = fc.nat({ max: 30 });
const hub = fc.constantFrom(...HUBS);
const cut = fc.boolean();
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('post' as const),
      author,
      isHeldBack: fc.boolean(),
      replyTo: fc.option(at, { freq: 2 }),
      cut,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('again' as const), at, cut }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('remove' as const), at, byModerator: fc.boolean(), cut }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('react' as const), author, at, remove: fc.boolean(), cut }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('report' as const), author, at, cut }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('release' as const), at, cut }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pin' as const), at, cut }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unpin' as const), cut }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('erase' as const), author, cut }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('watch' as const), hub, isWatched: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('evict' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('microtasks' as const), count: fc.nat(12) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(15_000) }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;
const outcome = fc.constantFrom('taken', 'failed', 'lost', 'hangs' as const);

class History {
  readonly world = new RoomWorld();
  readonly model = new Model();
  readonly screens = new Map<string, Screen>();
  readonly outcomes: string[];
  #posts = 0;

  constructor(outcomes: readonly string[]) {
    this.outcomes = [...outcomes];
    this.world.clock = () => Date.now();
    this.world.onPublish = async (hubId, changes) => {
      this.model.expectNoSecretIn(changes);
      const fate = this.outcomes.shift() ?? 'taken';
      if (fate === 'failed') throw new Error('the hub is overloaded');
      if (fate === 'hangs') await new Promise<never>(() => undefined);
      this.screens.get(hubId)?.apply(changes);
      if (fate === 'lost') throw new Error('the answer is lost');
    };
  }

  /** Each author is known to the room, so each later call does all of its step before it returns. */
  async begin(): Promise<void> {
    for (const name of AUTHORS) await this.post(name, false, null, false);
  }

  /** The object ends right after the step, before anything that the step has begun. */
  async #answer<Answer>(answer: Promise<Answer>, isCut: boolean): Promise<Answer> {
    if (isCut) this.world.evict();
    return answer;
  }

  async post(name: string, isHeldBack: boolean, replyTo: number | null, isCut: boolean): Promise<void> {
    this.#posts += 1;
    const text = `secret-${this.#posts}-`;
    const posting = this.world.post(name, {
      ...{ text, clientMutationId: `id of ${text}`, holdReason: isHeldBack ? 'odd' : null },
      replyTo: replyTo === null ? null : (this.#sequence(replyTo) ?? null),
    });
    const answer = await this.#answer(posting, isCut);
    if (isRejection(answer)) return;
    this.model.texts.set(answer.sequence, text);
    this.model.authors.set(answer.sequence, name);
    expect(answer.text).toBe(text);
    if (answer.heldBack) this.model.heldBack.add(answer.sequence);
  }

  /** One of the messages, by its place. */
  #sequence(place: number): number | undefined {
    const known = [...this.model.texts.keys()];
    return known[place % known.length];
  }

  async take(drawn: Step): Promise<void> {
    const { world, model } = this;
    const sequence = 'at' in drawn ? (this.#sequence(drawn.at) ?? 0) : 0;
    switch (drawn.do) {
      case 'post':
        return this.post(drawn.author, drawn.isHeldBack, drawn.replyTo, drawn.cut);
      case 'again': {
        const name = model.authors.get(sequence) ?? '';
        const again = world.post(name, {
          clientMutationId: `id of ${model.texts.get(sequence)}`,
          text: 'another text',
        });
        const answer = await this.#answer(again, drawn.cut);
        if (!isRejection(answer)) expect(answer.sequence).toBe(sequence);
        else expect(model.erased).toContain(name);
        return;
      }
      case 'remove': {
        const actor = drawn.byModerator ? MODERATOR : person(model.authors.get(sequence) ?? '');
        const removing = world.room.remove({ actor, sequence });
        model.deleted.add(sequence);
        expect(isRejection(await this.#answer(removing, drawn.cut))).toBe(false);
        return;
      }
      case 'react': {
        const { author: name, remove } = drawn;
        await this.#answer(world.react(name, sequence, remove), drawn.cut);
        return;
      }
      case 'report': {
        const reporting = world.report(drawn.author, sequence);
        if (!(await this.#answer(reporting, drawn.cut))) return;
        const reporters = model.reporters.get(sequence) ?? new Set();
        model.reporters.set(sequence, reporters.add(drawn.author));
        if (reporters.size >= 3 && !model.released.has(sequence)) model.heldBack.add(sequence);
        return;
      }
      case 'release': {
        const outcomeOfCall = await this.#answer(world.moderate('release', { sequence }), drawn.cut);
        if (outcomeOfCall !== null || !model.heldBack.delete(sequence)) return;
        model.released.add(sequence);
        return;
      }
      case 'pin':
        await this.#answer(world.moderate('pin', { sequence }), drawn.cut);
        return;
      case 'unpin':
        await this.#answer(world.moderate('unpin'), drawn.cut);
        return;
      case 'erase': {
        const erasing = world.room.applyAuthors([{ userId: drawn.author, author: null }]);
        model.erased.add(drawn.author);
        for (const [own, name] of model.authors) if (name === drawn.author) model.deleted.add(own);
        await this.#answer(erasing, drawn.cut);
        return;
      }
      case 'watch':
        return this.watch(drawn.hub, drawn.isWatched);
      case 'evict':
        world.evict();
        return;
      case 'microtasks':
        for (let turn = 0; turn < drawn.count; turn += 1) await null;
        return;
      case 'wait':
        return this.wait(drawn.ms);
      default:
        drawn satisfies never;
    }
  }

  async watch(hubId: string, isWatched: boolean): Promise<void> {
    const { world, model, screens } = this;
    const watching = world.watch(hubId, isWatched);
    if (!isWatched) {
      screens.delete(hubId);
      await watching;
      return;
    }
    const { position, topics } = await watching;
    model.expectNoSecretIn(topics);
    const { messages, pinned, position: readAt } = await this.read();
    expect(readAt).toBe(position);
    const screen = screens.get(hubId);
    if (screen === undefined) screens.set(hubId, new Screen(position, messages, pinned?.sequence ?? null));
    else for (const { changes } of topics) screen.apply(changes);
  }

  async read() {
    const reading = await this.world.room.read({
      messages: { limit: 1000, before: null },
      bySequence: [...this.model.texts.keys()],
      state: true,
    });
    this.model.expectNoSecretIn(reading);
    return reading;
  }

  /** Time passes, and the alarm goes off when it is due. */
  async wait(ms: number): Promise<void> {
    const untilMs = Date.now() + ms;
    while (Date.now() < untilMs) {
      const alarmMs = this.world.storage.alarmMs ?? untilMs;
      const stepMs = Math.min(untilMs, Math.max(alarmMs, Date.now() + 1)) - Date.now();
      await vi.advanceTimersByTimeAsync(stepMs);
      const { storage, room } = this.world;
      if (storage.alarmMs !== null && storage.alarmMs <= Date.now()) {
        storage.alarmMs = null;
        void room.alarm();
      }
      await vi.advanceTimersByTimeAsync(0);
    }
  }
}

test('every screen becomes what everybody may read, and nothing held back or deleted is given away', async () => {
  const drawn = fc.record({
    outcomes: fc.array(outcome, { maxLength: 20 }),
    steps: fc.array(step, { minLength: 1, maxLength: 50 }),
  });
  await fc.assert(
    fc.asyncProperty(drawn, async ({ outcomes, steps }) => {
      vi.setSystemTime(START_MS);
      const history = new History(outcomes);
      await history.begin();
      for (const each of HUBS) await history.watch(each, true);
      for (const each of steps) await history.take(each);

      // Hubs answer again, and nobody calls.
      history.outcomes.length = 0;
      await history.wait(60_000);
      const { messages, pinned } = await history.read();
      const { model, screens } = history;
      const visible = [...model.texts.keys()].filter((sequence) => !model.heldBack.has(sequence));
      expect(messages.map(({ sequence }) => sequence)).toEqual(visible.toReversed());
      for (const { sequence, text, deleted } of messages) {
        expect(deleted).toBe(model.deleted.has(sequence));
        expect(text).toBe(deleted ? '' : model.texts.get(sequence));
      }
      const page = new Map(messages.map((message) => [message.sequence, shown(message)]));
      for (const screen of screens.values()) {
        expect(new Map([...screen.messages].toSorted(([a], [b]) => b - a))).toEqual(page);
        expect(screen.pinned).toBe(pinned?.sequence ?? null);
      }
    }),
    { numRuns: RUNS },
  );
});
