import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { purgeCaches } from '../../../scripts/deploy/steps/purge.ts';
import { CACHE_GENERATIONS_KEY } from '../../../src/storage/kv/keys.ts';
import { type PreparedDeployment, prepareDeployment } from '../../support/deploy/prepared-deployment.ts';
import { type PlatformApi, startPlatformApi } from '../../support/platform-api/server.ts';
import { type StandInGateway, startStandInGateway } from '../../support/stand-in-gateway.ts';

const ADMIN_KEY = 'an-admin-key-for-tests-of-32-chars';

let api: PlatformApi;
let gateway: StandInGateway;
let prepared: PreparedDeployment;
beforeAll(async () => {
  [api, gateway] = await Promise.all([startPlatformApi(), startStandInGateway('version-b')]);
});
afterAll(() => Promise.all([api.close(), gateway.close()]));
beforeEach(() => {
  prepared = prepareDeployment(api, { origin: gateway.url, adminKey: ADMIN_KEY });
  gateway.asked = [];
  answers('purged');
});

/** In order; the last one stays. */
function answers(...outcomes: string[]): void {
  gateway.answer = ({ path }) => {
    if (path !== '/admin/caches/purge') return undefined;
    const outcome = outcomes.length > 1 ? outcomes.shift() : outcomes[0];
    return { status: 200, body: { purge: outcome } };
  };
}
const run = () => purgeCaches.run(prepared.deployment, prepared.report);
const generations = () => prepared.cached(CACHE_GENERATIONS_KEY) as Record<string, number>;

test('answers in KV are outdated first, and those in front are purged at once and again', async () => {
  await run();
  const raised = generations();
  expect(Object.keys(raised).sort()).toEqual(['candles', 'chat', 'pools', 'projects']);
  expect(gateway.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /admin/caches/purge',
    'POST /admin/caches/purge',
  ]);
  expect(prepared.sleeps).toEqual([75_000]);
  await run();
  for (const [tag, generation] of Object.entries(generations()))
    expect(generation).toBeGreaterThan(raised[tag] ?? 0);
});

test('without a key, and without a cache in front, KV alone is done', async () => {
  prepared = prepareDeployment(api, { origin: gateway.url });
  await run();
  expect(gateway.asked).toEqual([]);
  expect(prepared.lines.at(-1)).toMatch(/not purged: there is no OPERATIONS_KEY/);
  expect(generations().projects).toBeGreaterThan(0);
  prepared = prepareDeployment(api, { origin: gateway.url, adminKey: ADMIN_KEY });
  answers('none');
  await run();
  expect(prepared.sleeps).toEqual([]);
});

test('a refusal of the first purge is made good by the second, and one of the second is told', async () => {
  answers('refused', 'purged');
  await run();
  answers('purged', 'refused');
  await expect(run()).rejects.toMatchObject({
    name: 'CommandFailure',
    message: expect.stringMatching(/refused the purge/),
  });
});

test('a gateway that is down is told, after KV is done', async () => {
  gateway.answer = () => ({ status: 503, body: {} });
  await expect(run()).rejects.toMatchObject({ name: 'CommandFailure' });
  expect(generations().projects).toBeGreaterThan(0);
});

test('nothing is purged after the first deployment', async () => {
  await purgeCaches.run({ ...prepared.deployment, kind: 'first' }, prepared.report);
  expect(generations()).toBeUndefined();
  expect(gateway.asked).toEqual([]);
});
