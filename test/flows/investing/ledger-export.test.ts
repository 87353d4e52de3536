import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { LEDGER_EXPORTS_BURST } from '../../../src/config.ts';
import { LedgerVerifier } from '../../../src/investing/verify-ledger.ts';
import { startGateway, syncAll, type TestGateway } from '../../support/gateway.ts';
import { investmentName, ledgerOf, reserve, SALE, sha256 } from '../../support/investing/written-ledger.ts';
import { createMarket } from '../../support/market.ts';
import { TABLES } from '../../support/tables.ts';

/** A page of 10,000 entries and 50 more. */
const LINES = ledgerOf([
  ...SALE.slice(0, 1),
  reserve(investmentName('one'), '1', '2'),
  ...Array.from({ length: 10_048 }, () => ({
    kind: 'claim' as const,
    investment: investmentName('one'),
    accounts: {},
  })),
]);
const POOL = 'pool of 2026/11';
const PATH = `/ledger/${encodeURIComponent(POOL)}.jsonl`;
const tagOf = (sequence: number) => `"${sha256(LINES[sequence - 1] ?? '')}"`;

let gateway: TestGateway;
/** The objects that were asked, with the entries that they gave. */
let calls: string[];
let failure: Error | null;

beforeEach(async () => {
  await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
  calls = [];
  failure = null;
  const market = await createMarket({ projectCount: 5, poolCount: 2, investmentCount: 0 });
  const { pools } = await market.records();
  await market.putPool(POOL, { ...pools[0], id: POOL });
  gateway = startGateway(market, {
    IDO_MANAGER: {
      getByName: (key: string) => ({
        async exportEntries(after: number, limit: number) {
          calls.push(`${key} ${after}+${limit}`);
          if (failure !== null) throw failure;
          return LINES.slice(after, after + limit)
            .map((line) => `${line}\n`)
            .join('');
        },
      }),
    },
  });
  await syncAll(gateway);
});

const showHead = (sequence: number) =>
  env.DB.prepare(
    'UPDATE ido_pool_cache SET ledger_revision = 1, ledger_sequence = ?1, ledger_hash = ?2 WHERE id = ?3',
  )
    .bind(sequence, sha256(LINES[sequence - 1] ?? ''), POOL)
    .run();

const get = (query = '', init?: RequestInit) => gateway.fetch(`${PATH}${query}`, init);
const linesOf = async (response: Response) => (await response.text()).split('\n').slice(0, -1);

describe("the export of a pool's ledger", () => {
  test('gives all entries, page by page, to anybody, and they can be checked', async () => {
    await showHead(LINES.length);
    const first = await get();
    expect(first.status).toBe(200);
    expect(first.headers.get('content-type')).toBe('application/jsonl');
    expect(first.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(first.headers.get('etag')).toBe(tagOf(10_000));
    const second = await get('?after=10000');
    expect(second.headers.get('cache-control')).toBe('public, max-age=5');
    expect(second.headers.get('etag')).toBe(tagOf(LINES.length));
    const third = await get(`?after=${LINES.length}`);
    expect([third.status, third.headers.get('cache-control'), await third.text()]).toEqual([
      200,
      'public, max-age=5',
      '',
    ]);
    const lines = [...(await linesOf(first)), ...(await linesOf(second))];
    expect(lines).toEqual(LINES);
    const verifier = new LedgerVerifier();
    for (const line of lines)
      expect(verifier.accept(new TextEncoder().encode(line))).not.toHaveProperty('fault');
  });

  test('ends at the head that the API shows, also within the first page', async () => {
    await showHead(600);
    const response = await get('?after=20');
    expect(response.headers.get('cache-control')).toBe('public, max-age=5');
    expect(response.headers.get('etag')).toBe(tagOf(600));
    expect(await linesOf(response)).toEqual(LINES.slice(20, 600));
    expect(calls.map((call) => call.split(' ')[1])).toEqual(['20+500', '520+80']);
  });

  test('takes the global id as well as the id that entries carry', async () => {
    await showHead(3);
    const byGlobalId = await gateway.fetch(`/ledger/${encodeGlobalId('IdoPool', POOL)}.jsonl`);
    expect(await byGlobalId.text()).toBe(await (await get()).text());
  });

  test('says that a client holds it already', async () => {
    await showHead(LINES.length);
    for (const [query, sequence] of [
      ['', 10_000],
      ['?after=10000', LINES.length],
    ] as const) {
      const tag = tagOf(sequence);
      for (const sent of [tag, `W/${tag}`, `"other", ${tag}`]) {
        const response = await get(query, { headers: { 'If-None-Match': sent } });
        expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([
          304,
          tag,
          '',
        ]);
      }
      const other = await get(query, { headers: { 'If-None-Match': '"other"' } });
      expect(other.status).toBe(200);
    }
  });

  test('asks no ledger where the client holds an answer that may still grow', async () => {
    await showHead(3);
    await get('', { headers: { 'If-None-Match': tagOf(3) } });
    expect(calls).toEqual([]);
  });

  test('answers HEAD without a body', async () => {
    await showHead(3);
    const response = await get('', { method: 'HEAD' });
    expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([
      200,
      tagOf(3),
      '',
    ]);
    expect(response.headers.get('content-length')).toBe(String(LINES.slice(0, 3).join('\n').length + 1));
  });

  test('is open to pages of every origin', async () => {
    await showHead(3);
    const response = await get('', { headers: { Origin: 'https://auditor.example' } });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-expose-headers')).toContain('ETag');
    const preflight = await get('', {
      method: 'OPTIONS',
      headers: {
        Origin: 'https://auditor.example',
        'Access-Control-Request-Method': 'GET',
        'Access-Control-Request-Headers': 'if-none-match',
      },
    });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
    expect((await get('', { method: 'POST' })).status).toBe(405);
  });
});

describe('no ledger is asked', () => {
  test('for a pool that has no entry yet', async () => {
    const response = await get();
    expect([response.status, await response.text(), response.headers.get('etag')]).toEqual([200, '', null]);
    expect(calls).toEqual([]);
  });

  test.each(['/ledger/made-up.jsonl', '/ledger/%ff.jsonl', '/ledger/', '/ledger/a/b.jsonl', `/ledger/pool`])(
    'for %s, which is 404',
    async (path) => {
      const response = await gateway.fetch(path);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
      expect(calls).toEqual([]);
    },
  );

  test.each(['-1', '1.5', 'x', '', '1e3', '0x1', '2147483648', '1&after=2'])(
    'for after=%s, which is 400',
    async (after) => {
      await showHead(3);
      const response = await get(`?after=${after}`);
      expect(response.status).toBe(400);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
      expect(calls).toEqual([]);
    },
  );

  test('for a sequence behind the head', async () => {
    await showHead(3);
    const response = await get('?after=2147483647');
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(calls).toEqual([]);
  });

  test('for more exports than an isolate may begin, which are 503', async () => {
    await showHead(3);
    for (let time = 0; time < LEDGER_EXPORTS_BURST; time += 1) expect((await get()).status).toBe(200);
    const refused = await get();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
    expect(refused.headers.get('cache-control')).toBe('no-store');
    expect(calls).toHaveLength(LEDGER_EXPORTS_BURST);
    expect((await get('', { headers: { 'If-None-Match': tagOf(3) } })).status).toBe(304);
    await gateway.advance(1);
    expect((await get()).status).toBe(200);
  });
});

test('a ledger that does not answer is 503, and the client may send the request again', async () => {
  await showHead(3);
  failure = Object.assign(new Error('Durable Object is overloaded.'), { overloaded: true });
  const response = await get();
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] });
  failure = null;
  expect((await get()).status).toBe(200);
});
