/**
 * Looks at a gateway as its clients do, and at what it has counted where there is an admin key.
 *
 * Guarantees an observation whatever the gateway does: what failed is in it, with the reason. The key goes only where the
 * admin client sends it.
 */
import * as z from 'zod';
import { CommandFailure } from '../operations/command-failure.ts';
import { type Answer, type AskedGateway, ask } from './ask-gateway.ts';
import type { Counted } from './observe-counted.ts';
import { PERSISTED_QUERY, queried } from './persisted-query.ts';

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

export interface Observation {
  atMs: number;
  health: Answer & { body: Health | null };
  endpoints: (Answer & { name: string })[];
  counted: Counted | { problem: string } | 'no key';
}

export interface Surroundings extends AskedGateway {
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
      { name: `${PERSISTED_QUERY.name} by its id`, ...answerOf(query) },
    ],
    counted,
  };
}

const listed = z.object({ data: z.array(z.object({ symbol: z.string() })) });
const priced = z.object({ prices: z.record(z.string(), z.unknown()) });

function askPersistedQuery(gateway: AskedGateway) {
  const { documentId, variables } = PERSISTED_QUERY;
  const path = `/graphql/${documentId}?variables=${encodeURIComponent(JSON.stringify(variables))}`;
  return ask(gateway, path, [200], (body) => queried.parse(body));
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
