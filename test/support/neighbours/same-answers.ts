/** The queries and routes of a version, as both Workers answer them. */
import assert from 'node:assert/strict';
import { ASKED_OPERATIONS, type Variables } from '../../../bench/asked-operations.ts';
import { ENDPOINTS } from '../../../src/rest/endpoints.ts';
import { requestOf } from '../rest-calls.ts';
import { askOverHttp } from './asking.ts';
import type { BuiltVersion } from './built-versions.ts';
import { ADMIN_KEY } from './neighbours.ts';

export interface AskedAbout {
  projects: readonly { symbol: string; slug: string }[];
  /** The global id. */
  poolId: string;
  /** The token of the user who asks. */
  accessToken: string;
}

/** The answer of each query to apps of the version is the same at both addresses, and has no error. */
export async function assertSameAnswers(
  { operations }: Pick<BuiltVersion, 'operations'>,
  origins: readonly URL[],
  { projects, poolId, accessToken }: AskedAbout,
): Promise<void> {
  const catalog = {
    symbols: projects.map(({ symbol }) => symbol),
    slugs: projects.map(({ slug }) => slug),
    categories: [],
    poolIds: [poolId],
  };
  const variables: Record<string, Variables> = {
    ChatViewer: { of: { poolId } },
    InvestScreen: { id: poolId },
    PoolPage: { id: poolId },
  };
  for (const { name, kind, id } of operations) {
    if (kind !== 'query') continue;
    const sent = variables[name] ?? ASKED_OPERATIONS[name]?.variables(catalog)[0] ?? {};
    const [first, ...others] = await Promise.all(
      origins.map((origin) => askOverHttp(origin, id, sent, accessToken)),
    );
    assert.ok(first?.errors === undefined, `${name}: ${JSON.stringify(first?.errors)}`);
    for (const another of others) assert.deepEqual(another, first, name);
  }
}

/** Those that only read. */
const ROUTES = [
  ...['/health', '/api/openapi.json', '/reports'],
  ...['releases', 'usage', 'metrics', 'audit', 'alerts', 'live-operations'].map((name) => `/admin/${name}`),
  ...ENDPOINTS.filter(({ method }) => method === 'GET').map((endpoint) => requestOf(endpoint)[0]),
];

/** The status of each route at an address, by its path. */
export async function statusesOf(
  origin: URL,
  { accessToken, poolId }: Pick<AskedAbout, 'accessToken' | 'poolId'>,
): Promise<Record<string, number>> {
  const asked = [...ROUTES, `/ledger/${poolId}.jsonl`].map(async (path) => {
    const headers = { Authorization: `Bearer ${path.startsWith('/admin') ? ADMIN_KEY : accessToken}` };
    const response = await fetch(new URL(path, origin), { headers });
    await response.arrayBuffer();
    return [path, response.status] as const;
  });
  return Object.fromEntries(await Promise.all(asked));
}
