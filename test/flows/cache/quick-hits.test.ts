/** A hit of a registered operation takes the shortest way, and is answered as one that takes the long way is. */
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import manifest from '../../../operations/manifest.json' with { type: 'json' };
import {
  ask,
  type CachedAnswer,
  type Caching,
  operationId,
  type Question,
  requestOf,
  startCaching,
} from '../../support/cache-bench.ts';

let caching: Caching;
beforeEach(async () => {
  caching = await startCaching({ vars: { CORS_ORIGINS: 'https://app.example, https://other.example' } });
});

const ID = operationId('MarketList');
const DOCUMENT = manifest.operations.find(({ id }) => id === ID)?.document ?? '';
/** Found at once the second time. */
const BY_ID: Question = { id: ID, variables: {} };
/** Looked at each time. */
const BY_DOCUMENT: Question = { query: DOCUMENT, variables: {} };

/** Mostly absent: what takes the shortest way has few headers that matter. */
const header = (name: string, ...values: string[]) =>
  fc
    .constantFrom(null, null, null, null, ...values)
    .map((value): Record<string, string> => (value === null ? {} : { [name]: value }));
const headers = fc
  .tuple(
    header(
      'Accept',
      '*/*',
      'application/json',
      'application/graphql-response+json',
      'image/png',
      'text/html,*/*',
      'application/json;q=0.5, application/graphql-response+json',
      'application/json;q=0.5, text/event-stream',
      'application/json, text/event-stream',
      'application/json;q=0',
    ),
    header('Cookie', 'a=b'),
    header('Authorization', 'Bearer x'),
    header('Origin', 'https://app.example', 'https://other.example', 'https://elsewhere.example', 'null'),
    header('If-None-Match', 'ETAG', 'W/ETAG', '"other"', '*'),
    header('graphql-client-name', 'ios', 'x'.repeat(200)),
  )
  .map((parts): Record<string, string> => Object.assign({ 'x-graphql-csrf': '1' }, ...parts));
const step = fc.record({
  headers,
  method: fc.constantFrom('GET' as const, 'GET' as const, 'HEAD' as const, 'POST' as const),
  seconds: fc.constantFrom(0, 0, 0, 1, 7, 60),
});

/** Without the tag of the operation: `open` looks no document up, so it has none. */
const described = ({ status, headers: sent, text }: CachedAnswer) => ({
  status,
  text,
  headers: [...sent]
    .filter(([name]) => name !== 'x-request-id' && name !== 'x-trace-id')
    .map(([name, value]) => [name, name === 'cache-tag' ? value.replace(`,operation:${ID}`, '') : value])
    .sort(),
});

test('whatever headers come in whatever order, at whatever time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 25 }), async (steps) => {
      caching.gateway.coldIsolate();
      const { etag } = await ask(caching.gateway, BY_ID);
      await ask(caching.gateway, BY_DOCUMENT);
      const ids = new Set<string | null>();
      for (const { headers: sent, method, seconds } of steps) {
        await caching.gateway.advance(seconds);
        const condition = sent['If-None-Match']?.replace('ETAG', etag);
        const all = condition === undefined ? sent : { ...sent, 'If-None-Match': condition };
        const quick = await ask(caching.gateway, { ...BY_ID, method, headers: all });
        const long = await ask(caching.gateway, { ...BY_DOCUMENT, method, headers: all });
        expect(described(quick)).toEqual(described(long));
        ids.add(quick.headers.get('x-request-id')).add(long.headers.get('x-request-id'));
      }
      expect(ids.size).toBe(2 * steps.length);
    }),
    { numRuns: 25 },
  );
});

test('a handshake opens a socket, also where the answer to its URL is in memory', async () => {
  const [path] = requestOf(BY_ID);
  for (const outcome of ['MISS', 'HIT']) expect((await ask(caching.gateway, BY_ID)).xCache).toBe(outcome);
  const headers = { Upgrade: 'WebSocket', 'Sec-WebSocket-Protocol': 'graphql-transport-ws' };
  const { status, webSocket } = await caching.gateway.fetch(path, { headers });
  expect(status).toBe(101);
  webSocket?.accept();
  webSocket?.close();
  expect((await ask(caching.gateway, BY_ID)).xCache).toBe('HIT');
});
