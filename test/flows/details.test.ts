import { env } from 'cloudflare:workers';
import { describe, expect, test, vi } from 'vitest';
import { CRONS } from '../support/gateway.ts';
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

const keptIds = async () =>
  (
    await env.DB.prepare('SELECT project_id AS id FROM project_detail_cache ORDER BY id').all<{
      id: string;
    }>()
  ).results.map(({ id }) => id);
const detailStatements = ({ db }: Serving) => {
  const prepare = vi.spyOn(db.binding, 'prepare');
  return () => prepare.mock.calls.filter(([sql]) => sql.includes('project_detail_cache')).length;
};
/** D1 fails, as it does where a table is missing, for details alone. */
function failDetails({ db }: Serving, failing: 'reads' | 'writes') {
  const prepare = db.binding.prepare.bind(db.binding);
  return vi.spyOn(db.binding, 'prepare').mockImplementation((sql) => {
    const fails = sql.startsWith('SELECT') === (failing === 'reads');
    return prepare(fails ? sql.replaceAll('project_detail_cache', 'no_such_table') : sql);
  });
}

describe('the detail of a project', () => {
  test('comes from the main API once, then from what is kept for 600 seconds', async () => {
    const serving = await startServing();
    const first = await bitcoin(serving);
    expect(first.faults).toEqual([]);
    expect(first.detail?.team.length).toBeGreaterThan(0);
    expect(await serving.upstreamCalls()).toEqual({ 'project-detail': 1 });
    expect(await keptIds()).toEqual(['prj_bitcoin']);

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

  test.each(['429', '500', '503', 'reset', 'truncated', 'huge', 'wrong-shape', 'bad-record'] as const)(
    'is null with an error while the main API has the fault %s and nothing is kept, and is not remembered so',
    async (kind) => {
      const serving = await startServing();
      await serving.market.fault({ route: 'project-detail', kind });
      expect(await bitcoin(serving)).toEqual({ detail: null, faults: UNAVAILABLE });
      expect(await keptIds()).toEqual([]);
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

  test('is fetched where what is kept cannot be read, and that is logged', async () => {
    const serving = await startServing();
    const good = await bitcoin(serving);
    const prepare = failDetails(serving, 'reads');
    await serving.upstreamCalls();
    expect(await bitcoin(serving)).toEqual(good);
    expect(serving.complaints()).toMatchObject([{ level: 'error', event: 'details.unreadable' }]);
    expect(await serving.upstreamCalls()).toEqual({ 'project-detail': 1 });
    await serving.market.fault(DOWN);
    expect(await bitcoin(serving)).toEqual({ detail: null, faults: UNAVAILABLE });
    prepare.mockRestore();
    expect(await bitcoin(serving)).toEqual(good);
  });

  test('is answered where it cannot be kept, and fetched again by the next request', async () => {
    const serving = await startServing();
    failDetails(serving, 'writes');
    const first = await bitcoin(serving);
    expect(first).toMatchObject({ detail: { about: expect.any(String) }, faults: [] });
    expect(serving.complaints()).toMatchObject([{ level: 'warn', event: 'details.write_failed' }]);
    expect(await bitcoin(serving)).toEqual(first);
    expect(await serving.upstreamCalls()).toEqual({ 'project-detail': 2 });
  });

  test.each(['{', 'null', '{"about":"x"}'])(
    'counts as absent where %s is kept, with a warning',
    async (kept) => {
      const serving = await startServing();
      const good = await bitcoin(serving);
      await env.DB.prepare('UPDATE project_detail_cache SET detail = ?1').bind(kept).run();
      expect(await bitcoin(serving)).toEqual(good);
      expect(serving.complaints()).toMatchObject([
        { level: 'warn', event: 'details.malformed', projectId: 'prj_bitcoin' },
      ]);
      expect(await serving.upstreamCalls()).toEqual({ 'project-detail': 2 });
      expect(await bitcoin(serving)).toEqual(good);
      expect(serving.complaints()).toEqual([]);
    },
  );

  test('is deleted by the hourly cleanup once it may not be served any more', async () => {
    const serving = await startServing();
    await bitcoin(serving);
    await serving.gateway.advance(FRESH_SECONDS + STALE_SECONDS - 1);
    await serving.gateway.scheduled(CRONS.hourly);
    expect(await keptIds()).toEqual(['prj_bitcoin']);
    await serving.gateway.advance(1);
    await serving.gateway.scheduled(CRONS.hourly);
    expect(await keptIds()).toEqual([]);
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

  test('come from what is kept, and what is missing is fetched before what is stale', async () => {
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

  test('cost one query for a hundred, one write for what was fetched, and nothing of KV', async () => {
    const serving = await startServing({ market: { projectCount: 100 } });
    await listed(serving);
    const statements = detailStatements(serving);
    await listed(serving);
    expect(statements()).toBe(2);
    expect(await keptIds()).toHaveLength(10);
    await serving.market.fault(DOWN);
    await serving.gateway.query('{ projects(first: 5) { nodes { detail { about } } } }');
    expect(statements()).toBe(3);
    expect(serving.cacheKv.puts).toEqual([]);
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
