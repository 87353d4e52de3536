/** The life of an answer of `/api`: in the caches, in each mode, by its release. */
import { beforeEach, describe, expect, test } from 'vitest';
import restManifest from '../../../operations/rest/manifest.json' with { type: 'json' };
import { encodeGlobalId, localId } from '../../../schema/global-ids.ts';
import { ADMIN_KEY, adminOf } from '../../support/admin.ts';
import { CRONS, startGateway, type TestGateway } from '../../support/gateway.ts';
import { refused } from '../../support/rest-bench.ts';
import { type Serving, startServing } from '../../support/serving-bench.ts';

let serving: Serving;
beforeEach(async () => {
  serving = await startServing({ market: { projectCount: 8, poolCount: 4 } });
});

const get = (path: string, headers: Record<string, string> = {}) => serving.gateway.fetch(path, { headers });

describe('what is there no longer', () => {
  const outcomes = async (path: string, times: number) => {
    const seen: [number, string | null][] = [];
    for (let time = 0; time < times; time += 1) {
      const response = await get(path);
      seen.push([response.status, response.headers.get('x-cache')]);
    }
    return seen;
  };
  const rename = async (slug: string) => {
    await serving.market.patchProject('prj_bitcoin', { slug, updated_at: Math.floor(Date.now() / 1000) });
    await serving.gateway.advance(300);
    await serving.gateway.scheduled(CRONS.projects);
    await serving.gateway.advance(15);
  };

  test('is gone once a refresh has found that, from memory and from KV, and comes back', async () => {
    const path = '/api/projects/bitcoin';
    expect(await outcomes(path, 2)).toEqual([
      [200, 'MISS'],
      [200, 'HIT'],
    ]);
    await rename('other');
    expect(await outcomes(path, 3)).toEqual([
      [200, 'STALE'],
      [404, 'BYPASS'],
      [404, 'BYPASS'],
    ]);
    await refused(await get(path), 404, path);
    // Another isolate finds nothing in KV.
    serving.gateway.coldIsolate();
    expect(await outcomes(path, 1)).toEqual([[404, 'BYPASS']]);
    expect(await outcomes('/api/projects/other', 1)).toEqual([[200, 'MISS']]);
    await rename('bitcoin');
    expect(await outcomes(path, 2)).toEqual([
      [200, 'MISS'],
      [200, 'HIT'],
    ]);
  });

  test('is gone at once for who asks if it is current, and for an isolate that has it from KV', async () => {
    const path = '/api/projects/bitcoin';
    const etag = (await get(path)).headers.get('etag') ?? '';
    await rename('other');
    serving.gateway.coldIsolate();
    await refused(await get(path, { 'If-None-Match': etag }), 404, path);
    expect(await outcomes(path, 1)).toEqual([[404, 'BYPASS']]);
    serving.gateway.coldIsolate();
    expect(await outcomes(path, 1)).toEqual([[404, 'BYPASS']]);
  });

  test('stays while the sources fail', async () => {
    const path = '/api/projects/bitcoin';
    await outcomes(path, 1);
    await rename('other');
    serving.db.fail('D1 is down');
    expect(await outcomes(path, 3)).toEqual([
      [200, 'STALE'],
      [200, 'STALE'],
      [200, 'STALE'],
    ]);
    serving.db.fail(null);
    await serving.gateway.advance(5);
    expect(await outcomes(path, 2)).toEqual([
      [200, 'STALE'],
      [404, 'BYPASS'],
    ]);
  });
});

test('another version of the Worker makes its own answer: KV may hold one of another shape', async () => {
  const { gateway, market } = serving;
  const path = '/api/projects/bitcoin';
  const cacheOf = async (asked: Pick<TestGateway, 'fetch'>) => {
    const { status, headers } = await asked.fetch(path);
    return [status, headers.get('x-cache')];
  };
  expect(await cacheOf(gateway)).toEqual([200, 'MISS']);
  gateway.coldIsolate();
  expect(await cacheOf(gateway)).toEqual([200, 'HIT']);
  const next = startGateway(market, { WORKER_VERSION: { id: 'next', tag: '', timestamp: '' } });
  expect(await cacheOf(next)).toEqual([200, 'MISS']);
  next.coldIsolate();
  expect(await cacheOf(next)).toEqual([200, 'HIT']);
});

test('each answer says that its operation is deprecated, a refusal too', async () => {
  serving = await startServing({ market: { projectCount: 2, poolCount: 0 }, vars: { ADMIN_KEY } });
  await adminOf(serving.gateway).deprecate('rest', [restManifest.version], '2027-06-01');
  await serving.gateway.advance(60);
  const sunset = new Date('2027-06-01').toUTCString();
  for (const [asked, status] of [
    ['/api/projects/bitcoin', 200],
    ['/api/projects/bitcoin', 200],
    ['/api/projects/nothing', 404],
    ['/api/projects?limit=0', 400],
  ] as const) {
    const { status: seen, headers } = await get(asked);
    expect([asked, seen, headers.get('sunset')]).toEqual([asked, status, sunset]);
  }
});

test('a project is one entry by its id, its global id, and another writing of its last bits', async () => {
  const globalId = encodeGlobalId('Project', 'prj_bitcoin');
  const lastBits = `${globalId.slice(0, -1)}h`;
  expect(localId('Project', lastBits)).toBe('prj_bitcoin');
  const seen: (string | null)[] = [];
  for (const id of ['prj_bitcoin', globalId, lastBits])
    seen.push((await get(`/api/projects/${id}`)).headers.get('x-cache'));
  expect(seen).toEqual(['MISS', 'HIT', 'HIT']);
});
