import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import {
  admin,
  anotherGateway,
  one,
  RETIRED,
  RUNS,
  releases,
  run,
  serving,
  startReleases,
  three,
  two,
  UNKNOWN,
} from '../support/release-bench.ts';

beforeEach(startReleases);

describe('a release grows old', () => {
  test('deprecated operations run with their sunset, until a release that is not deprecated carries them', async () => {
    await admin.publish('ios', '1.0.0', [one, two]);
    await admin.publish('ios', '2.0.0', [two]);
    expect((await admin.deprecate('ios', ['1.0.0'], '2027-06-01T00:00:00.000Z')).body).toMatchObject({
      releases: [{ client: 'ios', version: '1.0.0', state: 'deprecated' }],
      operations: { deprecated: [one.id], retired: [] },
    });
    await serving.gateway.advance(60);
    const sunset = 'Tue, 01 Jun 2027 00:00:00 GMT';
    expect([await run(one), await run(two)]).toEqual([{ status: 200, sunset }, RUNS]);
    await admin.publish('ios', '3.0.0', [one]);
    await serving.gateway.advance(60);
    expect(await run(one)).toEqual(RUNS);
  });

  test('a retired one answers 410 in every isolate within 60 seconds, and keeps what others carry', async () => {
    const other = anotherGateway();
    await admin.publish('ios', '1.0.0', [one, two]);
    await admin.publish('android', '1.0.0', [two]);
    expect([await run(one, other), await run(two, other)]).toEqual([RUNS, RUNS]);
    await serving.gateway.advance(60);
    expect((await admin.retire('ios', ['1.0.0'], true)).body).toMatchObject({
      releases: [{ client: 'ios', version: '1.0.0', state: 'retired' }],
      operations: { deprecated: [], retired: [one.id] },
    });
    await serving.gateway.advance(60);
    for (const gateway of [serving.gateway, other]) {
      expect([await run(one, gateway), await run(two, gateway)]).toEqual([RETIRED, RUNS]);
    }
    serving.gateway.coldIsolate();
    expect(await run(one)).toEqual(RETIRED);
    // An isolate that KV shows nothing yet learns it from D1.
    await env.CACHE_KV.delete('operations:liveness');
    serving.gateway.coldIsolate();
    expect(await run(one)).toEqual(RETIRED);
  });

  test('a retired one comes back by publishing it in its own place, and by another release', async () => {
    await admin.publish('ios', '1.0.0', [one]);
    await admin.retire('ios', ['1.0.0']);
    expect((await admin.publish('ios', '1.0.0', [one])).body).toMatchObject({ changed: false });
    await serving.gateway.advance(60);
    expect(await run(one)).toEqual(RETIRED);
    expect((await admin.publish('ios', '1.0.0', [one], { replace: true })).body).toMatchObject({
      changed: true,
    });
    await serving.gateway.advance(60);
    expect(await run(one)).toEqual(RUNS);
  });

  test('the bundled operations retire with their build', async () => {
    const [bundled] = manifest.operations.filter(({ name }) => name === 'Trending');
    const id = bundled?.id ?? '';
    expect(await run({ id })).toEqual(RUNS);
    expect(await admin.retire('gateway', [manifest.version], true)).toMatchObject({ status: 200 });
    await serving.gateway.advance(60);
    expect(await run({ id })).toEqual(RETIRED);
    await admin.publish('web', '1.0.0', [{ id, document: bundled?.document ?? '' }]);
    await serving.gateway.advance(60);
    expect(await run({ id })).toEqual(RUNS);
  });

  test('a build that the overlay has never heard of is live', async () => {
    await admin.retire('gateway', [manifest.version], true);
    const overlay = await env.CACHE_KV.get<object>('operations:liveness', 'json');
    await env.CACHE_KV.put(
      'operations:liveness',
      JSON.stringify({ ...overlay, gateways: ['an-older-build'] }),
    );
    serving.gateway.coldIsolate();
    expect(await run({ id: manifest.operations[0]?.id ?? '' })).toMatchObject({ status: 400 });
    expect(await run({ id: manifest.operations.find(({ name }) => name === 'Trending')?.id ?? '' })).toEqual(
      RUNS,
    );
  });

  test('it is not retired while anybody uses what it carries, unless forced', async () => {
    await admin.publish('ios', '1.0.0', [one]);
    await admin.publish('ios', '2.0.0', [one, two]);
    const headers = { 'graphql-client-name': 'ios', 'graphql-client-version': '2.0.0' };
    await serving.gateway.post({ documentId: one.id }, headers);
    const usedAt = serving.market.startAt;
    expect(await admin.retire('ios', ['1.0.0'])).toMatchObject({
      status: 409,
      code: 'STILL_USED',
      extensions: {
        usedBy: [{ client: 'ios', version: '2.0.0', operationId: one.id, lastUsedAt: usedAt }],
      },
    });
    expect(await releases()).toMatchObject([{ state: 'published' }, { state: 'published' }]);
    await serving.gateway.advance(31 * 86_400);
    expect(await admin.retire('ios', ['1.0.0'])).toMatchObject({ status: 200 });
    await serving.gateway.post({ documentId: one.id }, headers);
    expect(await admin.retire('ios', ['2.0.0'], true)).toMatchObject({ status: 200 });
  });

  test('versions that were never published are refused, with nothing done', async () => {
    await admin.publish('ios', '1.0.0', [one]);
    for (const answer of [
      await admin.deprecate('ios', ['1.0.0', '9.9.9'], '2027-06-01'),
      await admin.retire('ios', ['1.0.0', '9.9.9'], true),
      await admin.rollback('ios', '9.9.9'),
    ]) {
      expect(answer).toMatchObject({
        status: 422,
        code: 'UNKNOWN_RELEASES',
        extensions: { versions: ['9.9.9'] },
      });
    }
    expect(await releases()).toMatchObject([{ state: 'published' }]);
  });
});

describe('rolling back', () => {
  test('goes back one publish at a time, and says where there is none', async () => {
    await admin.publish('ios', '1.0.0', [one]);
    await admin.publish('ios', '1.0.0', [one, two], { replace: true });
    await admin.publish('ios', '1.0.0', [three], { replace: true });
    expect(await admin.rollback('ios', '1.0.0')).toMatchObject({
      status: 200,
      body: { releases: [{ client: 'ios', version: '1.0.0', state: 'published' }] },
    });
    serving.gateway.coldIsolate();
    expect([await run(one), await run(two), await run(three)]).toEqual([RUNS, RUNS, UNKNOWN]);
    expect(await admin.rollback('ios', '1.0.0')).toMatchObject({ status: 200 });
    serving.gateway.coldIsolate();
    expect([await run(one), await run(two), await run(three)]).toEqual([RUNS, UNKNOWN, UNKNOWN]);
    expect(await admin.rollback('ios', '1.0.0')).toMatchObject({ status: 409, code: 'NO_PREVIOUS_PUBLISH' });
    expect(await run(one)).toEqual(RUNS);
  });
});
