/** Caches in front of the Worker know the operation of each answer, and drop the answers of one that ends. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { PURGE_TAGS_MAX } from '../../src/config.ts';
import { ADMIN_KEY, adminOf, operationNamed, type Submitted, sha256Of } from '../support/admin.ts';
import { CRONS, type TestGateway } from '../support/gateway.ts';
import { type Serving, startServing } from '../support/serving-bench.ts';

const PUBLIC = 'query Categories { projectCategories { name projectCount } }';
/** The same text under the id of another tool. */
const OPAQUE = 'relay,id';

let serving: Serving;
let gateway: TestGateway;
let admin: ReturnType<typeof adminOf>;
let operation: Submitted;

beforeEach(async () => {
  const vars = { ADMIN_KEY, OPERATIONS_MODE: 'id_only' };
  serving = await startServing({ crons: [CRONS.projects, CRONS.prices], vars });
  ({ gateway } = serving);
  admin = adminOf(gateway);
  operation = { id: await sha256Of(PUBLIC), document: PUBLIC };
  await admin.publish('ios', '1.0.0', [operation, { id: OPAQUE, document: PUBLIC }]);
});

const off = (id: string) => admin.send('POST', '/operations/off', { id });
const on = (id: string) => admin.send('POST', '/operations/on', { id });

describe('caches in front', () => {
  const purgesWaiting = async () =>
    (
      await env.DB.prepare('SELECT operation_id AS id FROM operation_purge ORDER BY operation_id').all<{
        id: string;
      }>()
    ).results.map(({ id }) => id);
  const tagOf = async (path: string) => (await gateway.fetch(path)).headers.get('cache-tag');

  test('see the operation of each answer that they may keep', async () => {
    const path = `/graphql?documentId=${operation.id}`;
    // Executed, and from memory.
    for (const tag of [await tagOf(path), await tagOf(path)])
      expect(tag?.endsWith(`,operation:${operation.id}`)).toBe(true);
    expect(await tagOf('/graphql?doc_id=relay%2Cid')).toMatch(/,operation:relay%2Cid$/);
    expect(await tagOf('/api/projects/bitcoin')).toMatch(/,operation:sha256:[0-9a-f]{64}$/);
  });

  test('drop the answers of one that is switched off or has ended: at once, and when every isolate knows', async () => {
    const purges: string[][] = [];
    const purge = async ({ tags = [] }: CachePurgeOptions) => {
      purges.push(tags);
      return { success: true, errors: [] };
    };
    gateway.purge = purge;
    const both = [`operation:${operation.id}`, 'operation:relay%2Cid'].sort();
    const purged = () => purges.splice(0).map((tags) => tags.toSorted());
    expect(await off(operation.id)).toMatchObject({ body: { purge: 'purged' } });
    expect(purged()).toEqual([both]);
    await gateway.scheduled(CRONS.prices);
    expect(purged()).toEqual([]);
    await gateway.advance(110);
    await gateway.scheduled(CRONS.prices);
    await gateway.scheduled(CRONS.prices);
    expect(purged()).toEqual([both]);
    expect(await on(operation.id)).toMatchObject({ body: { purge: 'none' } });
    expect(await admin.retire('ios', ['1.0.0'], true)).toMatchObject({ body: { purge: 'purged' } });
    await gateway.advance(110);
    gateway.purge = async () => ({ success: false, errors: [{ code: 1, message: 'not now' }] });
    await gateway.scheduled(CRONS.prices);
    gateway.purge = purge;
    await gateway.scheduled(CRONS.prices);
    expect(purged()).toEqual([both, both]);
  });

  test('drop the answers of every operation when a deployment asks for it, and keep files', async () => {
    const tags: string[][] = [];
    const ask = () => admin.send('POST', '/caches/purge');
    expect(await ask()).toMatchObject({ status: 200, body: { purge: 'none' } });
    gateway.purge = async (options) => {
      expect(Object.keys(options)).toEqual(['tags']);
      tags.push(options.tags ?? []);
      return { success: tags.length === 1, errors: [] };
    };
    expect(await ask()).toMatchObject({ status: 200, body: { purge: 'purged' } });
    expect(await ask()).toMatchObject({ status: 200, body: { purge: 'refused' } });
    gateway.purge = async () => {
      throw new Error('not now');
    };
    expect(await ask()).toMatchObject({ status: 200, body: { purge: 'refused' } });
    const answers = [
      `/graphql?documentId=${operation.id}`,
      '/api/projects/bitcoin',
      '/api/prices?symbols=BTC',
    ];
    for (const path of answers)
      expect((await tagOf(path))?.split(',').some((tag) => tags[0]?.includes(tag))).toBe(true);
    expect(tags[0]).not.toContain('files');
    expect(await admin.send('GET', '/caches/purge')).toMatchObject({ status: 405 });
  });

  test('drop the next ones while the platform refuses some, and then these', async () => {
    const ids = Array.from({ length: PURGE_TAGS_MAX + 1 }, (_, at) => `id-${String(at).padStart(2, '0')}`);
    const insert = env.DB.prepare('INSERT INTO operation_purge (operation_id, due_at) VALUES (?1, ?2)');
    const queue = (operationIds: string[], dueAt: number) =>
      env.DB.batch(operationIds.map((id) => insert.bind(id, dueAt)));
    await queue(ids.slice(0, -1), serving.market.startAt);
    await queue(ids.slice(-1), serving.market.startAt + 1);
    const tagged: string[][] = [];
    const minute = async (answer: () => CachePurgeResult) => {
      await gateway.advance(60);
      gateway.purge = async ({ tags = [] }) => {
        tagged.push(tags);
        return answer();
      };
      await gateway.scheduled(CRONS.prices);
    };
    await minute(() => {
      throw new Error('not now');
    });
    await minute(() => ({ success: false, errors: [] }));
    await minute(() => ({ success: true, errors: [] }));
    await minute(() => ({ success: true, errors: [] }));
    const last = `operation:${ids.at(-1)}`;
    expect(tagged.map((tags) => tags.includes(last))).toEqual([false, true, false, true]);
    expect(await purgesWaiting()).toEqual([]);
  });

  test('drop the answers of a retired one also if the first attempt was cut off', async () => {
    await env.DB.exec(
      "CREATE TRIGGER no_purge BEFORE INSERT ON operation_purge BEGIN SELECT raise(ABORT, 'cut off'); END",
    );
    try {
      expect((await admin.retire('ios', ['1.0.0'], true)).status).toBe(500);
    } finally {
      await env.DB.exec('DROP TRIGGER no_purge');
    }
    expect((await admin.retire('ios', ['1.0.0'], true)).status).toBe(200);
    expect(await purgesWaiting()).toEqual([operation.id, OPAQUE].sort());
    await gateway.advance(60);
    expect((await gateway.post({ documentId: operation.id })).status).toBe(410);
  });

  test('drop the answers of one that a rollback drops, and not of those that another release carries', async () => {
    const [kept, dropped] = await Promise.all(['Kept', 'Dropped'].map(operationNamed));
    if (kept === undefined || dropped === undefined) throw new Error('no operations');
    await admin.publish('web', '1', [kept]);
    await admin.publish('web', '1', [dropped, operation], { replace: true });
    await admin.rollback('web', '1');
    expect(await purgesWaiting()).toEqual([dropped.id]);
  });
});
