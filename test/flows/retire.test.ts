/** `retire` refuses by the operations that would end and by their users, and never ends the build that runs. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import { USAGE_FLUSH_SECONDS } from '../../src/operations/usage.ts';
import { adminOf } from '../support/admin.ts';
import {
  admin,
  allReleases,
  anotherGateway,
  clientHeaders,
  one,
  RETIRED,
  RUNS,
  releases,
  run,
  serving,
  startReleases,
  three,
  two,
} from '../support/release-bench.ts';

beforeEach(startReleases);

const use = (operation: { id: string }, client: string, version: string) =>
  serving.gateway.post({ documentId: operation.id }, clientHeaders(client, version));

describe('a release', () => {
  test('whose operations live on in another is retired, though everybody uses them', async () => {
    await admin.publish('ios', '1.0.0', [one, two]);
    await admin.publish('ios', '2.0.0', [one]);
    await admin.publish('web', '7', [two]);
    await admin.deprecate('web', ['7'], '2027-06-01');
    await use(one, 'ios', '1.0.0');
    await use(two, 'ios', '1.0.0');
    const answer = await admin.retire('ios', ['1.0.0']);
    expect(answer).toMatchObject({
      status: 200,
      body: { operations: { retired: [], deprecated: [two.id], dropped: [] } },
    });
  });

  test('with an operation of its own that somebody used is not retired, unless forced', async () => {
    await admin.publish('ios', '1.0.0', [one, two]);
    await admin.publish('ios', '2.0.0', [one]);
    await use(one, 'ios', '2.0.0');
    await use(two, 'ios', '1.0.0');
    const usedAt = serving.market.startAt;
    expect(await admin.retire('ios', ['1.0.0'])).toMatchObject({
      status: 409,
      code: 'STILL_USED',
      extensions: {
        usedBy: [{ client: 'ios', version: '1.0.0', operationId: two.id, name: 'Two', lastUsedAt: usedAt }],
        usesUnknownSince: usedAt - USAGE_FLUSH_SECONDS,
      },
    });
    expect(await releases()).toMatchObject([{ state: 'published' }, { state: 'published' }]);
    expect(await admin.retire('ios', ['1.0.0'], true)).toMatchObject({
      status: 200,
      body: { operations: { retired: [two.id] }, names: [{ id: two.id, name: 'Two' }] },
    });
  });

  test('that is not retired says what would end with it, for whom, and changes nothing', async () => {
    await admin.publish('ios', '1.0.0', [one, two]);
    await admin.publish('ios', '2.0.0', [one, three]);
    await admin.publish('web', '7', [one]);
    await use(two, 'ios', '1.0.0');
    await use(two, 'ios', '1.0.0');
    await use(one, 'ios', '2.0.0');
    const usedAt = serving.market.startAt;
    await serving.gateway.advance(40 * 86_400);
    await use(two, '', '');
    const impact = (versions: string[], days = 30) =>
      admin.send('POST', `/releases/impact?days=${days}`, { client: 'ios', versions });
    const now = usedAt + 40 * 86_400;
    const nameless = { client: '', version: '', operationId: two.id, name: 'Two', count: 1, lastUsedAt: now };
    const old = { client: 'ios', version: '1.0.0', operationId: two.id, name: 'Two', lastUsedAt: usedAt };
    const ending = { id: two.id, name: 'Two', kind: 'query' };
    expect((await impact(['1.0.0'])).body).toEqual({
      ending: [{ ...ending, count: 1, lastUsedAt: now }],
      usedBy: [nameless, { ...old, count: 0 }],
      livingOn: 1,
      usesUnknownSince: now - USAGE_FLUSH_SECONDS,
      isInUse: true,
    });
    expect((await impact(['1.0.0', '2.0.0'], 90)).body).toMatchObject({
      ending: [
        { name: 'Three', count: 0, lastUsedAt: null },
        { ...ending, count: 3 },
      ],
      usedBy: [nameless, { ...old, count: 2 }],
      livingOn: 1,
    });
    expect((await impact(['2.0.0'])).body).toMatchObject({ usedBy: [], isInUse: false });
    expect(await impact(['9'])).toMatchObject({ status: 422, code: 'UNKNOWN_RELEASES' });
    expect(await releases()).toMatchObject([
      { state: 'published' },
      { state: 'published' },
      { state: 'published' },
    ]);
    await admin.retire('ios', ['1.0.0'], true);
    expect((await impact(['1.0.0'])).body).toMatchObject({ ending: [], livingOn: 0, isInUse: false });
  });

  test('counts the use of another version, and of a client without a name, where the operation would end', async () => {
    await admin.publish('ios', '1.0.0', [one]);
    await use(one, 'ios', '1.0.1');
    await serving.gateway.post({ documentId: one.id });
    const { extensions } = await admin.retire('ios', ['1.0.0']);
    expect(extensions.usedBy).toHaveLength(2);
    expect(extensions.usedBy).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ client: 'ios', version: '1.0.1' }),
        expect.objectContaining({ client: '', version: '' }),
      ]),
    );
    await serving.gateway.advance(31 * 86_400);
    expect(await admin.retire('ios', ['1.0.0'])).toMatchObject({ status: 200 });
  });

  test('is retired with all releases that share an operation, or with none, if it was used', async () => {
    await admin.publish('ios', '1.0.0', [one]);
    await admin.publish('ios', '1.0.1', [one]);
    await admin.publish('ios', '0.9.0', [one]);
    await admin.retire('ios', ['0.9.0']);
    await use(one, 'ios', '1.0.1');
    expect(await admin.retire('ios', ['1.0.0', '1.0.1'])).toMatchObject({ code: 'STILL_USED' });
    expect(await admin.retire('ios', ['1.0.0'])).toMatchObject({ status: 200 });
    expect(await admin.retire('ios', ['1.0.1'])).toMatchObject({ code: 'STILL_USED' });
  });

  test('that ran a moment ago is not retired by the isolate that has not written its count yet', async () => {
    await admin.publish('ios', '1.0.0', [one, two]);
    await serving.gateway.advance(USAGE_FLUSH_SECONDS);
    // The first use is written at once, the next within a minute.
    await use(two, 'ios', '1.0.0');
    await env.DB.exec('DELETE FROM usage_flush');
    await use(one, 'ios', '1.0.0');
    expect(await env.DB.prepare('SELECT count(*) AS n FROM usage_flush').first('n')).toBe(0);
    expect(await admin.retire('ios', ['1.0.0'])).toMatchObject({
      status: 409,
      extensions: { usedBy: [{ operationId: one.id, name: 'One' }] },
    });
  });

  test('says from when on the uses that other isolates counted are unknown', async () => {
    await admin.publish('ios', '1.0.0', [one]);
    const other = anotherGateway();
    await other.post({ documentId: three.id });
    await env.DB.exec('DELETE FROM usage_flush');
    await other.post({ documentId: one.id }, clientHeaders('ios', '1.0.0'));
    expect((await admin.retire('ios', ['1.0.0'])).body).toMatchObject({
      usesUnknownSince: serving.market.startAt - USAGE_FLUSH_SECONDS,
    });
  });
});

describe('the build that runs', () => {
  const trending = { id: manifest.operations.find(({ name }) => name === 'Trending')?.id ?? '' };
  const ownState = async () =>
    (await allReleases()).find(({ client, version }) => client === 'gateway' && version === manifest.version)
      ?.state;

  test('can be neither deprecated nor retired, alone or among others, forced or not', async () => {
    await env.DB.prepare(
      `INSERT INTO release (client, version, state, publish_id) VALUES ('gateway', 'older', 'published', 'none')`,
    ).run();
    for (const answer of [
      await admin.deprecate('gateway', [manifest.version], '2027-06-01'),
      await admin.retire('gateway', [manifest.version]),
      await admin.retire('gateway', ['older', manifest.version], true),
    ]) {
      expect(answer).toMatchObject({ status: 409, code: 'RUNNING_BUILD' });
    }
    expect(await ownState()).toBe('published');
    expect(await admin.retire('gateway', ['older'])).toMatchObject({ status: 200 });
    expect(await run(trending)).toEqual(RUNS);
  });

  test.each(['retired', 'deprecated'])(
    'runs what it carries though D1 says %s, and is published again',
    async (state) => {
      await admin.get('/releases');
      await env.DB.prepare(
        "UPDATE release SET state = ?1, deprecated_at = 1, sunset = 2 WHERE client = 'gateway'",
      )
        .bind(state)
        .run();
      await env.CACHE_KV.put(
        'operations:liveness',
        JSON.stringify({
          revision: 1,
          asOf: 0,
          gateways: [manifest.version],
          carried: [],
          deprecated: state === 'deprecated' ? { [trending.id]: [1, 2] } : {},
          retired: state === 'retired' ? [trending.id] : [],
        }),
      );
      serving.gateway.coldIsolate();
      expect(await run(trending)).toEqual(RUNS);
      expect(await ownState()).toBe('published');
      const overlay = await env.CACHE_KV.get('operations:liveness', 'json');
      expect(overlay).toMatchObject({ deprecated: {}, retired: [] });
    },
  );

  test('cannot be taken from its clients by a release that carries the same and ends', async () => {
    const bundled = manifest.operations.find(({ name }) => name === 'Trending');
    await admin.publish('web', '1.0.0', [{ ...trending, document: bundled?.document ?? '' }]);
    await use(trending, 'web', '1.0.0');
    expect((await adminOf(serving.gateway).retire('web', ['1.0.0'])).body).toMatchObject({
      operations: { retired: [] },
    });
    await serving.gateway.advance(60);
    expect(await run(trending)).toEqual(RUNS);
    expect(await run(one)).not.toEqual(RETIRED);
  });
});
