/**
 * Looks at a gateway as its clients do, and at what it has counted where there is an admin key.
 *
 * Guarantees an observation whatever the gateway does: what failed is in it, with the reason. The key goes only where the
 * admin client sends it.
 */
import * as z from 'zod';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import { CommandFailure } from '../operations/command-failure.ts';
import { reasonOf } from '../operations/failure-reason.ts';
import type { Counted } from './observe-counted.ts';

/** The limit of the platform's own health check. */
const ANSWER_TIMEOUT_MS = 5_000;
/** A public query that each client of the platform asks first. */
const PERSISTED_QUERY = 'MarketList';
/** Asked for where the market is empty. */
const SYMBOL_DEFAULT = 'BTC';

const health = z.object({
  version: z.object({ worker: z.string(), operations: z.string() }),
  mode: z.string(),
  checks: z.object({ d1: z.string(), kv: z.string() }),
  milliseconds: z.object({ d1: z.number(), kv: z.number() }),
  jobs: z.record(
    z.string(),
    z.object({
      late: z.boolean(),
      outcome: z.string(),
      lastSuccessAt: z.string().nullable(),
      firstError: z.string().nullable(),
    }),
  ),
  ledgerNotices: z.record(z.string(), z.number()),
});
export type Health = z.infer<typeof health>;

export interface Answer {
  /** Null where nothing answered. */
  status: number | null;
  milliseconds: number;
  /** The reason why it is not as it should be; null where it is. */
  problem: string | null;
}

export interface Observation {
  atMs: number;
  health: Answer & { body: Health | null };
  endpoints: (Answer & { name: string })[];
  counted: Counted | { problem: string } | 'no key';
}

export interface Surroundings {
  url: string;
  fetch(url: URL, init: { signal: AbortSignal; headers: Record<string, string> }): Promise<Response>;
  nowMs(): number;
  /** Null without a key. @throws CommandFailure */
  countedAt: ((atMs: number) => Promise<Counted>) | null;
}

export async function observeGateway(surroundings: Surroundings): Promise<Observation> {
  const atMs = surroundings.nowMs();
  const [healthAnswer, projects, query, counted] = await Promise.all([
    ask(surroundings, '/health', [200, 503], (body) => health.parse(body)),
    ask(surroundings, '/api/projects?limit=1', [200], (body) => listed.parse(body)),
    askPersistedQuery(surroundings),
    observeCountedOf(surroundings, atMs),
  ]);
  const symbol = projects.body?.data[0]?.symbol ?? SYMBOL_DEFAULT;
  const pricesPath = `/api/prices?symbols=${encodeURIComponent(symbol)}`;
  const prices = await ask(surroundings, pricesPath, [200], (body) => priced.parse(body));
  return {
    atMs,
    health: healthAnswer,
    endpoints: [
      { name: 'GET /api/projects', ...answerOf(projects) },
      { name: 'GET /api/prices', ...answerOf(prices) },
      { name: `${PERSISTED_QUERY} by its id`, ...answerOf(query) },
    ],
    counted,
  };
}

const listed = z.object({ data: z.array(z.object({ symbol: z.string() })) });
const priced = z.object({ prices: z.record(z.string(), z.unknown()) });
const queried = z.object({
  data: z.record(z.string(), z.unknown()),
  errors: z.never({ error: 'it has errors' }).optional(),
});

function askPersistedQuery(surroundings: Surroundings) {
  const id = manifest.operations.find(({ name }) => name === PERSISTED_QUERY)?.id;
  if (id === undefined) throw new Error(`operations/manifest.json has no ${PERSISTED_QUERY}`);
  const variables = encodeURIComponent(JSON.stringify({ first: 1 }));
  return ask(surroundings, `/graphql/${id}?variables=${variables}`, [200], (body) => queried.parse(body));
}

async function ask<Body>(
  { url, fetch, nowMs }: Surroundings,
  path: string,
  expected: readonly number[],
  parse: (body: unknown) => Body,
): Promise<Answer & { body: Body | null }> {
  const startedMs = nowMs();
  const problemOf = (status: number | null, problem: string) => ({
    status,
    milliseconds: nowMs() - startedMs,
    problem,
    body: null,
  });
  let response: Response;
  let text: string;
  try {
    const headers = { accept: 'application/graphql-response+json, application/json' };
    response = await fetch(new URL(path, url), { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS), headers });
    text = await response.text();
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    const reason = isLate ? ` within ${ANSWER_TIMEOUT_MS / 1000} s` : `: ${reasonOf(error)}`;
    return problemOf(null, `no answer${reason}`);
  }
  const { status } = response;
  if (!expected.includes(status)) return problemOf(status, `answered ${status}: ${text.slice(0, 200)}`);
  try {
    return { ...problemOf(status, ''), problem: null, body: parse(JSON.parse(text)) };
  } catch (error) {
    const reason = error instanceof z.ZodError ? error.issues[0]?.message : 'it is not JSON';
    return problemOf(status, `answered ${status} with something else: ${reason}`);
  }
}

async function observeCountedOf({ countedAt }: Surroundings, atMs: number): Promise<Observation['counted']> {
  if (countedAt === null) return 'no key';
  try {
    return await countedAt(atMs);
  } catch (error) {
    if (error instanceof CommandFailure) return { problem: error.message };
    throw error;
  }
}

const answerOf = ({ status, milliseconds, problem }: Answer): Answer => ({ status, milliseconds, problem });
