import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { CRONS } from '../support/gateway.ts';
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
  whileKvIsDown,
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

  test('one that has ended comes back when it is restored, and not by publishing in its place', async () => {
    await admin.publish('ios', '1.0.0', [one]);
    await admin.deprecate('ios', ['1.0.0'], '2027-06-01');
    await admin.retire('ios', ['1.0.0']);
    for (const options of [{}, { replace: true }]) {
      expect((await admin.publish('ios', '1.0.0', [one], options)).body).toMatchObject({
        changed: false,
        state: 'retired',
      });
    }
    await serving.gateway.advance(60);
    expect(await run(one)).toEqual(RETIRED);
    expect((await admin.restore('ios', ['1.0.0'])).body).toMatchObject({
      releases: [{ client: 'ios', version: '1.0.0', state: 'published' }],
      operations: { live: [one.id], deprecated: [], retired: [], dropped: [] },
      names: [{ id: one.id, name: 'One' }],
    });
    await serving.gateway.advance(60);
    expect(await run(one)).toEqual(RUNS);
    expect((await admin.restore('ios', ['1.0.0'])).body).toMatchObject({ releases: [] });
  });

  test('one that has "~" in its name since that was allowed can still be ended', async () => {
    await admin.publish('ios', '1.0.0', [one]);
    await env.DB.exec("UPDATE release SET version = '1~0' WHERE client = 'ios'");
    expect(await admin.retire('ios', ['1~0'])).toMatchObject({ status: 200 });
    await serving.gateway.advance(60);
    expect(await run(one)).toEqual(RETIRED);
  });

  test('a deprecated one that is restored has no sunset, and a new one when it is deprecated again', async () => {
    await admin.publish('ios', '1.0.0', [one]);
    await admin.deprecate('ios', ['1.0.0'], '2027-06-01');
    await admin.restore('ios', ['1.0.0']);
    await serving.gateway.advance(60);
    expect(await run(one)).toEqual(RUNS);
    await admin.deprecate('ios', ['1.0.0'], '2028-06-01');
    await serving.gateway.advance(60);
    expect((await run(one)).sunset).toBe('Thu, 01 Jun 2028 00:00:00 GMT');
    const deprecatedAt = serving.market.startAt + 60;
    expect(await releases()).toMatchObject([{ state: 'deprecated', deprecatedAt }]);
  });

  test('versions that were never published are refused, with nothing done', async () => {
    await admin.publish('ios', '1.0.0', [one]);
    for (const answer of [
      await admin.deprecate('ios', ['1.0.0', '9.9.9'], '2027-06-01'),
      await admin.retire('ios', ['1.0.0', '9.9.9'], true),
      await admin.restore('ios', ['1.0.0', '9.9.9']),
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
      body: {
        releases: [{ client: 'ios', version: '1.0.0', state: 'published' }],
        publishedAt: serving.market.startAt,
        came: [one.id, two.id].sort(),
        gone: [three.id],
        operations: { dropped: [three.id] },
        names: [
          { id: one.id, name: 'One' },
          { id: three.id, name: 'Three' },
          { id: two.id, name: 'Two' },
        ],
      },
    });
    serving.gateway.coldIsolate();
    expect([await run(one), await run(two), await run(three)]).toEqual([RUNS, RUNS, UNKNOWN]);
    expect(await admin.rollback('ios', '1.0.0')).toMatchObject({
      status: 200,
      body: { came: [], gone: [two.id] },
    });
    serving.gateway.coldIsolate();
    expect([await run(one), await run(two), await run(three)]).toEqual([RUNS, UNKNOWN, UNKNOWN]);
    expect(await admin.rollback('ios', '1.0.0')).toMatchObject({ status: 409, code: 'NO_PREVIOUS_PUBLISH' });
    expect(await run(one)).toEqual(RUNS);
  });

  const ends = {
    deprecated: () => admin.deprecate('ios', ['1.0.0'], '2027-06-01'),
    retired: () => admin.retire('ios', ['1.0.0'], true),
  };
  test.each(['deprecated', 'retired'] as const)('and replacing keep a release %s', async (state) => {
    await admin.publish('ios', '1.0.0', [one]);
    await ends[state]();
    expect((await admin.publish('ios', '1.0.0', [two], { replace: true })).body).toMatchObject({
      changed: true,
      state,
      dropped: [one.id],
      names: [{ id: one.id, name: 'One' }],
    });
    expect(await releases()).toMatchObject([{ state }]);
    await serving.gateway.advance(60);
    expect(await run(two)).toMatchObject(
      state === 'retired' ? RETIRED : { sunset: 'Tue, 01 Jun 2027 00:00:00 GMT' },
    );
    expect((await admin.rollback('ios', '1.0.0')).body).toMatchObject({
      releases: [{ state }],
      came: [one.id],
      gone: [two.id],
    });
    expect(await releases()).toMatchObject([{ state }]);
  });

  test('says that another rollback was faster, and goes back only once', async () => {
    await admin.publish('ios', '1.0.0', [one]);
    await admin.publish('ios', '1.0.0', [two], { replace: true });
    await admin.publish('ios', '1.0.0', [three], { replace: true });
    const changes = () => env.DB.prepare('SELECT count(*) AS n FROM release_change').first<number>('n');
    const before = (await changes()) ?? 0;
    let overtaken = false;
    serving.db.beforeBatch(async () => {
      if (overtaken) return;
      overtaken = true;
      expect(await admin.rollback('ios', '1.0.0')).toMatchObject({ status: 200 });
    });
    expect(await admin.rollback('ios', '1.0.0')).toMatchObject({ status: 409, code: 'CHANGED_MEANWHILE' });
    expect(await changes()).toBe(before + 1);
    serving.gateway.coldIsolate();
    expect([await run(one), await run(two), await run(three)]).toEqual([UNKNOWN, RUNS, UNKNOWN]);
  });
});

describe('a change that was cut off before KV had it', () => {
  const CUT_OFF = { status: 503, code: 'LIVENESS_NOT_WRITTEN' };
  const cutOff = async (change: () => Promise<unknown>) =>
    expect(await whileKvIsDown(change)).toMatchObject(CUT_OFF);
  const isInEffect = async () =>
    (await env.CACHE_KV.get<{ revision: number }>('operations:liveness', 'json'))?.revision ===
    (await env.DB.prepare('SELECT max(revision) AS n FROM release_change').first('n'));

  test.each([
    [
      'deprecate',
      () => admin.deprecate('ios', ['1.0.0'], '2027-06-01'),
      { sunset: 'Tue, 01 Jun 2027 00:00:00 GMT' },
    ],
    ['retire', () => admin.retire('ios', ['1.0.0'], true), RETIRED],
    ['rollback', () => admin.rollback('ios', '1.0.0'), RUNS],
    ['publish', () => admin.put('ios', '1.0.0', [one.id, three.id], { replace: true }), RUNS],
  ])('is completed by the same %s again', async (_, change, outcome) => {
    await admin.store([three]);
    await admin.publish('ios', '1.0.0', [one]);
    await admin.publish('ios', '1.0.0', [one, two], { replace: true });
    await cutOff(change);
    expect(await isInEffect()).toBe(false);
    expect(await change()).toMatchObject({ status: 200 });
    expect(await isInEffect()).toBe(true);
    serving.gateway.coldIsolate();
    expect(await run(one)).toMatchObject(outcome);
  });

  test('is completed by the same restore again', async () => {
    await admin.publish('ios', '1.0.0', [one]);
    await admin.retire('ios', ['1.0.0'], true);
    await cutOff(() => admin.restore('ios', ['1.0.0']));
    expect(await admin.restore('ios', ['1.0.0'])).toMatchObject({ status: 200 });
    serving.gateway.coldIsolate();
    expect(await run(one)).toEqual(RUNS);
  });

  test('goes back no further when it is a rollback, and one more step when it is asked for once more', async () => {
    await admin.publish('ios', '1.0.0', [one]);
    await admin.publish('ios', '1.0.0', [two], { replace: true });
    await admin.publish('ios', '1.0.0', [three], { replace: true });
    await cutOff(() => admin.rollback('ios', '1.0.0'));
    expect(await admin.rollback('ios', '1.0.0')).toMatchObject({
      status: 200,
      body: {
        releases: [{ client: 'ios', version: '1.0.0', state: 'published' }],
        came: [two.id],
        gone: [three.id],
      },
    });
    serving.gateway.coldIsolate();
    expect([await run(one), await run(two), await run(three)]).toEqual([UNKNOWN, RUNS, UNKNOWN]);
    expect(await admin.rollback('ios', '1.0.0')).toMatchObject({
      status: 200,
      body: { came: [one.id], gone: [two.id] },
    });
  });

  test('is completed by the hour, so that another rollback goes back one step more', async () => {
    await admin.publish('ios', '1.0.0', [one]);
    await admin.publish('ios', '1.0.0', [two], { replace: true });
    await admin.publish('ios', '1.0.0', [three], { replace: true });
    await cutOff(() => admin.rollback('ios', '1.0.0'));
    await serving.gateway.scheduled(CRONS.hourly);
    expect(await isInEffect()).toBe(true);
    expect(await admin.rollback('ios', '1.0.0')).toMatchObject({ body: { came: [one.id], gone: [two.id] } });
  });
});
