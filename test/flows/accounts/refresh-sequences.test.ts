/** Refresh tokens in any order, by isolates with the old or the new keys, against a model of what each may get. */
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SessionTokens } from '../../../src/auth/sessions.ts';
import type { SigningKey } from '../../../src/settings/signing-keys.ts';
import { CLIENT, outcomeOf, SessionBench, signingKey } from '../../support/session-bench.ts';

const DAY = 86_400;
const [OLD, NEW] = [signingKey('old'), signingKey('new')];
/** Before, during and after a rotation. An isolate of each may be the next that is asked. */
const KEYS: readonly SigningKey[][] = [[OLD], [OLD, NEW], [NEW, OLD], [NEW]];

type Step =
  /** Several requests at once, with the token that is so many behind the newest one. */
  | { kind: 'refresh'; session: number; behind: number; times: number; keys: number }
  | { kind: 'wait'; seconds: number }
  | { kind: 'end'; session: number }
  | { kind: 'end others'; session: number }
  | { kind: 'made up'; session: number; behind: number };

const session = fc.nat({ max: 2 });
/** Most requests bring the newest token or the one before. */
const behind = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.constant(1) },
  { weight: 1, arbitrary: fc.integer({ min: 2, max: 4 }) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('refresh' as const),
      session,
      behind,
      times: fc.constantFrom(1, 1, 1, 4),
      keys: fc.constantFrom(1, 1, 2, 2, 0, 3),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      seconds: fc.constantFrom(1, 300, 10 * DAY, 29 * DAY, 31 * DAY),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const), session }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end others' as const), session }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('made up' as const), session, behind }) },
);

/** One session, as it must be. */
interface Model {
  id: string;
  /** The newest last. */
  tokens: string[];
  openedAt: number;
  refreshedAt: number;
  hasEnded: boolean;
}

const kidOf = (token: string) => token.split('.')[0];

function expected(model: Model, at: number, keys: readonly SigningKey[], now: number): string | number {
  const knows = (token: string | undefined) => keys.some(({ kid }) => token?.startsWith(`${kid}.`));
  const expiresAt = Math.min(model.refreshedAt + 30 * DAY, model.openedAt + 180 * DAY);
  if (!knows(model.tokens[at]) || model.hasEnded || expiresAt <= now) return 'SESSION_EXPIRED';
  if (at < model.tokens.length - 2) return 'SESSION_REUSED';
  // The newest token again: its key derives it.
  if (at === model.tokens.length - 2 && !knows(model.tokens[at + 1])) return 'SESSION_EXPIRED';
  return at + 1;
}

async function play(steps: readonly Step[]): Promise<void> {
  await env.DB.exec('DELETE FROM user_account');
  const bench = new SessionBench();
  const isolates = KEYS.map((keys) => bench.isolate({ keys }));
  await bench.openUser('usr_a');
  const models: Model[] = [];
  for (const { sessions } of isolates.slice(0, 3)) {
    const { sessionId, refreshToken } = await sessions.open('usr_a', CLIENT);
    const opened = { openedAt: bench.now, refreshedAt: bench.now, hasEnded: false };
    models.push({ id: sessionId, tokens: [refreshToken], ...opened });
  }
  const modelOf = (step: { session: number }) => models[step.session] as Model;

  async function refresh(step: Step & { kind: 'refresh' }): Promise<void> {
    const model = modelOf(step);
    const at = Math.max(0, model.tokens.length - 1 - step.behind);
    const keys = KEYS[step.keys] ?? [];
    const asked = Array.from({ length: step.times }, () =>
      isolates[step.keys]?.sessions.refresh(model.tokens[at] ?? ''),
    );
    const outcomes = (await Promise.all(asked)).map((answer) => answer && outcomeOf(answer));
    const right = expected(model, at, keys, bench.now);
    if (right === 'SESSION_REUSED') {
      model.hasEnded = true;
      expect(outcomes).toContain('SESSION_REUSED');
      for (const outcome of outcomes) expect(['SESSION_REUSED', 'SESSION_EXPIRED']).toContain(outcome);
      return;
    }
    if (typeof right === 'string') {
      expect(outcomes).toEqual(outcomes.map(() => right));
      return;
    }
    const pairs = outcomes as SessionTokens[];
    for (const { sessionId } of pairs) expect(sessionId).toBe(model.id);
    const [pair] = pairs;
    expect(new Set(pairs.map(({ refreshToken }) => refreshToken)).size).toBe(1);
    if (right < model.tokens.length) {
      expect(pair?.refreshToken).toBe(model.tokens[right]);
      return;
    }
    expect(model.tokens).not.toContain(pair?.refreshToken);
    expect(kidOf(pair?.refreshToken ?? '')).toBe(keys[0]?.kid);
    model.tokens.push(pair?.refreshToken ?? '');
    model.refreshedAt = bench.now;
  }

  for (const step of steps) {
    switch (step.kind) {
      case 'refresh':
        await refresh(step);
        break;
      case 'wait':
        bench.now += step.seconds;
        break;
      case 'end':
        await isolates[0]?.sessions.end('usr_a', modelOf(step).id);
        modelOf(step).hasEnded = true;
        break;
      case 'end others':
        await isolates[0]?.sessions.endAll('usr_a', { except: modelOf(step).id });
        for (const model of models) model.hasEnded ||= model !== modelOf(step);
        break;
      case 'made up': {
        const { tokens, id } = modelOf(step);
        const [kid, , secret, tag] = tokens.at(-1 - step.behind)?.split('.') ?? [];
        for (const text of [`${kid}.${id}.${tag}.${secret}`, `${kid}.${id}.${secret}.${secret}`]) {
          const answer = await isolates[1]?.sessions.refresh(text);
          expect(answer && outcomeOf(answer)).toBe('SESSION_EXPIRED');
        }
        break;
      }
      default:
        throw new Error(`unknown step ${step satisfies never}`);
    }
  }
  const alive = models.filter((model) => {
    const expiresAt = Math.min(model.refreshedAt + 30 * DAY, model.openedAt + 180 * DAY);
    return !model.hasEnded && expiresAt > bench.now;
  });
  const rows = (await isolates[0]?.sessions.ofUser('usr_a')) ?? [];
  expect(rows.map(({ id }) => id).sort()).toEqual(alive.map(({ id }) => id).sort());
}

test('each refresh gets what the order of the requests before it says', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), play), { numRuns: 60 });
});
