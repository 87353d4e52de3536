import { describe, expect, test } from 'vitest';
import { faults, type Serving, startServing } from '../support/serving-bench.ts';

interface Detail {
  about: string | null;
  team: { name: string }[];
}

const ONE = '{ project(by: { slug: "bitcoin" }) { name detail { about team { name } } } }';
async function bitcoin({ gateway }: Serving) {
  const answer = await gateway.query<{ project: { name: string; detail: Detail | null } }>(ONE);
  expect(answer.status).toBe(200);
  expect(answer.data.project.name).toBe('Bitcoin');
  return { detail: answer.data.project.detail, faults: faults(answer) };
}

const DOWN = { route: 'project-detail', kind: '500' } as const;
const UNAVAILABLE = [['project.detail', 'UPSTREAM_UNAVAILABLE']];
const FRESH_SECONDS = 600;
const STALE_SECONDS = 3_600;

describe('the detail of a project', () => {
  test('comes from the main API once, then from the cache for 600 seconds', async () => {
    const serving = await startServing();
    const first = await bitcoin(serving);
    expect(first.faults).toEqual([]);
    expect(first.detail?.team.length).toBeGreaterThan(0);
    expect(await serving.upstreamCalls()).toEqual({ 'project-detail': 1 });
    expect(serving.cacheKv.puts.map(({ key, expirationTtl }) => [key, expirationTtl])).toEqual([
      ['detail:prj_bitcoin', FRESH_SECONDS + STALE_SECONDS],
    ]);

    await serving.gateway.advance(FRESH_SECONDS - 1);
    serving.gateway.coldIsolate();
    expect(await bitcoin(serving)).toEqual(first);
    expect(await serving.upstreamCalls()).toEqual({});
    await serving.gateway.advance(1);
    expect(await bitcoin(serving)).toEqual(first);
    expect(await serving.upstreamCalls()).toEqual({ 'project-detail': 1 });
  });

  test('is served stale for an hour while the main API fails, and no longer', async () => {
    const serving = await startServing();
    const good = await bitcoin(serving);
    await serving.market.fault(DOWN);
    await serving.gateway.advance(FRESH_SECONDS);
    expect(await bitcoin(serving)).toEqual(good);
    expect(serving.complaints()).toMatchObject([{ level: 'warn', event: 'details.fetch_failed' }]);
    await serving.gateway.advance(STALE_SECONDS - 1);
    expect(await bitcoin(serving)).toEqual(good);
    await serving.gateway.advance(1);
    expect(await bitcoin(serving)).toEqual({ detail: null, faults: UNAVAILABLE });

    await serving.market.clearFaults();
    expect(await bitcoin(serving)).toEqual(good);
  });

  test.each(['429', '500', '503', 'reset', 'truncated', 'wrong-shape', 'bad-record'] as const)(
    'is null with an error while the main API has the fault %s and nothing is kept, and is not remembered so',
    async (kind) => {
      const serving = await startServing();
      await serving.market.fault({ route: 'project-detail', kind });
      expect(await bitcoin(serving)).toEqual({ detail: null, faults: UNAVAILABLE });
      expect(serving.cacheKv.puts).toEqual([]);
      await serving.market.clearFaults();
      expect((await bitcoin(serving)).detail?.team.length).toBeGreaterThan(0);
    },
  );

  test('is waited for where the main API is slow', async () => {
    const serving = await startServing();
    await serving.market.fault({ route: 'project-detail', kind: 'latency', latencyMs: 200 });
    expect((await bitcoin(serving)).detail).not.toBeNull();
  });

  test('is null where the main API knows no such project, and that is remembered and served stale', async () => {
    const serving = await startServing();
    const { db } = serving;
    await db.binding.prepare("UPDATE project_cache SET id = 'prj_unknown' WHERE slug = 'bitcoin'").run();
    const nothing = { detail: null, faults: [] };
    expect(await bitcoin(serving)).toEqual(nothing);
    expect(await bitcoin(serving)).toEqual(nothing);
    expect(await serving.upstreamCalls()).toEqual({ 'project-detail': 1 });
    await serving.market.fault(DOWN);
    await serving.gateway.advance(FRESH_SECONDS);
    expect(await bitcoin(serving)).toEqual(nothing);
  });

  test('survives a KV that fails, or holds something else', async () => {
    const serving = await startServing();
    serving.cacheKv.fail('KV GET failed: 500');
    expect((await bitcoin(serving)).detail).not.toBeNull();
    expect(serving.complaints().map(({ event }) => event)).toEqual([
      'cache.generations_unreadable',
      'details.unreadable',
      'kv.write_failed',
    ]);
    serving.cacheKv.fail(null);
    await serving.cacheKv.binding.put('detail:prj_bitcoin', '{"fetchedAt":1}');
    expect((await bitcoin(serving)).detail).not.toBeNull();
    expect(serving.complaints().map(({ event }) => event)).toEqual(['kv.value_malformed']);
  });
});

describe('the details of a list', () => {
  const LIST = '{ projects(first: 100) { nodes { symbol detail { about team { name } } } } }';
  const listed = async ({ gateway }: Serving) => {
    const { data, errors } = await gateway.query<{ projects: { nodes: { detail: Detail | null }[] } }>(LIST);
    expect(errors).toBeUndefined();
    return data.projects.nodes.map(({ detail }) => detail);
  };

  test('ask the main API for five at most; the rest are null without an error, until they are kept', async () => {
    const serving = await startServing({ market: { projectCount: 100 } });
    for (const kept of [5, 10, 15]) {
      const details = await listed(serving);
      expect(details).toHaveLength(100);
      expect(details.filter((detail) => detail !== null)).toHaveLength(kept);
      expect(await serving.upstreamCalls()).toEqual({ 'project-detail': 5 });
    }
  });

  test('ask for five in all, whatever fields of a request want them', async () => {
    const serving = await startServing();
    const { errors } = await serving.gateway.query(`{
      a: projects(first: 10) { nodes { detail { about } } }
      b: trendingProjects(first: 10) { detail { about } }
      idoPools(first: 10) { nodes { project { detail { about } } } }
    }`);
    expect(errors).toBeUndefined();
    expect(await serving.upstreamCalls()).toEqual({ 'project-detail': 5 });
  });

  test('come from the cache where they are kept, and what is missing is fetched before what is stale', async () => {
    const serving = await startServing({ market: { projectCount: 8 } });
    await listed(serving);
    await serving.gateway.advance(FRESH_SECONDS);
    const all = await listed(serving);
    expect(all.every((detail) => detail !== null)).toBe(true);
    await serving.upstreamCalls();
    expect(await listed(serving)).toEqual(all);
    expect(await serving.upstreamCalls()).toEqual({ 'project-detail': 3 });
    expect(await listed(serving)).toEqual(all);
    expect(await serving.upstreamCalls()).toEqual({});
  });

  test('cost one KV read for a hundred', async () => {
    const serving = await startServing({ market: { projectCount: 100 } });
    let reads = 0;
    const get = serving.cacheKv.binding.get.bind(serving.cacheKv.binding) as (
      keys: string[],
    ) => Promise<unknown>;
    Object.assign(serving.cacheKv.binding, {
      get: (keys: string[]) => {
        reads += 1;
        return get(keys);
      },
    });
    await listed(serving);
    // The other one is of the generations of what is cached.
    expect(reads).toBe(2);
  });

  test('with the main API down, each of the five costs itself alone', async () => {
    const serving = await startServing();
    await serving.market.fault(DOWN);
    const answer = await serving.gateway.query<{ projects: { nodes: { symbol: string }[] } }>(LIST);
    expect(answer.data.projects.nodes).toHaveLength(30);
    expect(faults(answer)).toEqual(
      [0, 1, 2, 3, 4].map((at) => [`projects.nodes.${at}.detail`, 'UPSTREAM_UNAVAILABLE']),
    );
  });
});
