import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import { bringLivenessToKv } from '../../src/operations/liveness-writes.ts';
import { adminOf, operationNamed } from '../support/admin.ts';
import { CRONS } from '../support/gateway.ts';
import {
  admin,
  anotherGateway,
  one,
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

describe('publishing', () => {
  test('says what is new, unchanged and gone, and makes it run', async () => {
    expect((await admin.publish('ios', '5.2.0', [one, two])).body).toMatchObject({
      changed: true,
      state: 'published',
      new: [one.id, two.id].sort(),
      added: [one.id, two.id].sort(),
      unchanged: [],
      gone: [],
      visibleEverywhereAt: new Date((serving.market.startAt + 110) * 1000).toISOString(),
    });
    expect(await run(one)).toEqual(RUNS);
    expect((await admin.publish('ios', '5.2.0', [two, three], { replace: true })).body).toMatchObject({
      changed: true,
      new: [three.id],
      unchanged: [two.id],
      gone: [one.id],
    });
    await serving.gateway.advance(60);
    expect([await run(one), await run(two), await run(three)]).toEqual([UNKNOWN, RUNS, RUNS]);
  });

  test('the same twice changes nothing', async () => {
    await admin.publish('ios', '5.2.0', [one, two]);
    const changes = () => env.DB.prepare('SELECT count(*) AS n FROM release_change').first('n');
    const before = await changes();
    expect((await admin.publish('ios', '5.2.0', [two, one])).body).toMatchObject({
      changed: false,
      new: [],
      added: [],
      unchanged: [one.id, two.id].sort(),
      gone: [],
    });
    expect(await changes()).toBe(before);
  });

  test('calls new only what no release has carried, and dropped only what none carries any more', async () => {
    await admin.publish('ios', '5.2.0', [one, two]);
    await admin.store([three]);
    const expected = { new: [three.id], added: [one.id, three.id].sort(), gone: [] };
    for (const options of [{ dryRun: true }, {}])
      expect((await admin.put('web', '1.0.0', [one.id, three.id], options)).body).toMatchObject(expected);
    expect((await admin.publish('ios', '5.2.0', [three], { replace: true })).body).toMatchObject({
      new: [],
      added: [three.id],
      gone: [one.id, two.id].sort(),
      dropped: [two.id],
      names: [
        { id: one.id, name: 'One' },
        { id: two.id, name: 'Two' },
      ],
    });
  });

  test('another content under the same release is refused', async () => {
    await admin.publish('ios', '5.2.0', [one]);
    expect(await admin.publish('ios', '5.2.0', [two])).toMatchObject({
      status: 409,
      code: 'RELEASE_DIFFERS',
      extensions: { added: [two.id], gone: [one.id], names: [{ id: one.id, name: 'One' }] },
    });
    expect(await run(one)).toEqual(RUNS);
    expect(await run(two)).toEqual(UNKNOWN);
  });

  test('operations that are not stored are refused, and nothing of the release is published', async () => {
    await admin.store([one]);
    expect(await admin.put('ios', '1.0.0', [one.id, two.id])).toMatchObject({
      status: 422,
      code: 'UNKNOWN_OPERATIONS',
      extensions: { ids: [two.id] },
    });
    expect(await releases()).toEqual([]);
    expect(await run(one)).toEqual(UNKNOWN);
  });

  test('a dry run says the same and does nothing', async () => {
    expect((await admin.put('ios', '1.0.0', [one.id], { dryRun: true })).body).toMatchObject({
      changed: true,
      new: [one.id],
    });
    expect(await releases()).toEqual([]);
    await admin.publish('ios', '1.0.0', [one]);
    expect(await admin.put('ios', '1.0.0', [two.id], { dryRun: true })).toMatchObject({ status: 409 });
  });

  test('by two at once loses neither', async () => {
    const gateways = [serving.gateway, anotherGateway()];
    await Promise.all(
      [one, two, three].map((operation, index) =>
        adminOf(gateways[index % 2] ?? serving.gateway).publish('ios', `1.0.${index}`, [operation]),
      ),
    );
    expect((await releases()).map(({ version }) => version)).toEqual(['1.0.0', '1.0.1', '1.0.2']);
    serving.gateway.coldIsolate();
    expect([await run(one), await run(two), await run(three)]).toEqual([RUNS, RUNS, RUNS]);
    const overlay = await env.CACHE_KV.get<{ revision: number; carried: string[] }>(
      'operations:liveness',
      'json',
    );
    expect(overlay?.revision).toBe(
      await env.DB.prepare('SELECT max(revision) AS n FROM release_change').first('n'),
    );
    for (const { id } of [one, two, three]) expect(overlay?.carried).toContain(id.slice(7, 23));
  });

  test('of the same release by two at once leaves the content of one of them', async () => {
    await admin.store([one, two]);
    const answers = await Promise.all([
      admin.put('ios', '2.0.0', [one.id]),
      admin.put('ios', '2.0.0', [two.id]),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const winner = answers[0]?.status === 200 ? one : two;
    serving.gateway.coldIsolate();
    expect(await run(winner)).toEqual(RUNS);
    expect(await run(winner === one ? two : one)).toEqual(UNKNOWN);
  });

  test('by one that writes to KV last what it read first leaves what D1 says', async () => {
    await admin.publish('ios', '1.0.0', [one]);
    let overtaken = false;
    const slow = {
      put: async (key: string, value: string) => {
        if (!overtaken) {
          overtaken = true;
          await admin.publish('ios', '2.0.0', [two]);
        }
        await env.CACHE_KV.put(key, value);
      },
    } as unknown as KVNamespace;
    await bringLivenessToKv({
      db: env.DB,
      kv: slow,
      nowMs: Date.now,
      sleep: async () => undefined,
      random: Math.random,
    });
    const overlay = await env.CACHE_KV.get<{ carried: string[] }>('operations:liveness', 'json');
    for (const { id } of [one, two]) expect(overlay?.carried).toContain(id.slice(7, 23));
  });

  test('that was cut off before KV knew is made known by the hour', async () => {
    await admin.publish('ios', '1.0.0', [one]);
    await env.CACHE_KV.delete('operations:liveness');
    await serving.gateway.scheduled(CRONS.hourly);
    const overlay = await env.CACHE_KV.get<{ carried: string[] }>('operations:liveness', 'json');
    expect(overlay?.carried).toContain(one.id.slice(7, 23));
  });

  test('of 2,000 operations that was cut off is resumed, and KV gets the copies that it lacks', async () => {
    const operations = await Promise.all(
      Array.from({ length: 2_000 }, (_, number) => operationNamed(`Number${number}`)),
    );
    const chunks = Array.from({ length: 10 }, (_, at) => operations.slice(at * 200, (at + 1) * 200));
    const copies = async () => {
      const names: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await env.CACHE_KV.list({ prefix: 'operation:', ...(cursor ? { cursor } : {}) });
        names.push(...page.keys.map(({ name }) => name));
        cursor = page.list_complete ? undefined : page.cursor;
      } while (cursor !== undefined);
      return names;
    };
    for (const [at, chunk] of chunks.slice(0, 7).entries()) {
      const store = () => admin.store(chunk);
      const stored = await (at < 3 ? store() : whileKvIsDown(store));
      expect(stored).toMatchObject({ status: 200, body: { stored: 200 } });
    }
    const [lost] = operations;
    await env.CACHE_KV.put(`operation:${lost?.id}`, '{"cut off');
    expect(await copies()).toHaveLength(600);

    /** Stores the operations that are not known yet, as the CLI does. Returns how many these were. */
    const resume = async () => {
      let sent = 0;
      for (const chunk of chunks) {
        const { body } = await admin.send<{ operations: { id: string; known: boolean }[] }>(
          'POST',
          '/operations/check',
          { operations: chunk },
        );
        const known = new Set(body.operations.filter((operation) => operation.known).map(({ id }) => id));
        const unknown = chunk.filter(({ id }) => !known.has(id));
        sent += unknown.length;
        if (unknown.length > 0) expect((await admin.store(unknown)).status).toBe(200);
      }
      return sent;
    };
    expect(await resume()).toBe(1_401);
    expect(await copies()).toHaveLength(2_000);
    const ids = operations.map(({ id }) => id);
    expect((await admin.put('ios', '1.0.0', ids)).body).toMatchObject({ changed: true });
    for (const id of [ids[0], ids[601], ids[1_999]])
      expect(await env.CACHE_KV.get(`operation:${id}`)).toBe(
        await env.DB.prepare('SELECT registered FROM operation WHERE id = ?').bind(id).first('registered'),
      );

    for (const id of ids.slice(100, 300)) await env.CACHE_KV.delete(`operation:${id}`);
    expect(await run(operations[150] ?? one)).toEqual(RUNS);
    expect(await resume()).toBe(199);
    expect((await admin.put('ios', '1.0.0', ids)).body).toMatchObject({ changed: false });
    expect(await copies()).toHaveLength(2_000);
    expect(await resume()).toBe(0);
  });

  test('that is sent whole again brings back the copies that KV lacks', async () => {
    await admin.publish('ios', '1.0.0', [one, two]);
    await env.CACHE_KV.delete(`operation:${one.id}`);
    expect(await admin.store([one, two, three])).toMatchObject({ status: 200, body: { stored: 1 } });
    for (const { id, document } of [one, two, three])
      expect(await env.CACHE_KV.get(`operation:${id}`, 'json')).toMatchObject({ id, document });
  });

  test.each(['gateway', 'rest'])("as %s, whose releases are the build's own, is refused", async (client) => {
    expect(await admin.put(client, '1', [manifest.operations[0]?.id ?? ''])).toMatchObject({
      status: 422,
      code: 'RESERVED_CLIENT',
    });
  });

  test('that KV does not take says so, and the same again is enough', async () => {
    await admin.publish('ios', '1.0.0', [one]);
    await admin.store([two]);
    expect(await whileKvIsDown(() => admin.put('ios', '1.1.0', [two.id]))).toMatchObject({
      status: 503,
      code: 'LIVENESS_NOT_WRITTEN',
    });
    expect(await admin.put('ios', '1.1.0', [two.id])).toMatchObject({
      status: 200,
      body: { changed: false },
    });
    serving.gateway.coldIsolate();
    expect(await run(two)).toEqual(RUNS);
  });
});
