import { expect, test } from 'vitest';
import { ENDPOINTS } from '../../../src/rest/endpoints.ts';
import openapi from '../../../src/rest/openapi.json' with { type: 'json' };
import { startGateway } from '../../support/gateway.ts';
import { createMarket } from '../../support/market.ts';
import { recordExamples } from '../../support/rest-examples.ts';

const EXAMPLES = '../../../operations/rest/examples.json';
const PATH = '/api/openapi.json';

test('anybody may read the description, and caches keep it', async () => {
  const gateway = startGateway(await createMarket());
  const response = await gateway.fetch(PATH, { headers: { Origin: 'https://elsewhere.example' } });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(response.headers.get('cache-control')).toBe('public, max-age=3600');
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  expect(await response.json()).toEqual(openapi);

  const etag = response.headers.get('etag') ?? '';
  expect(etag).toMatch(/^"[0-9a-f]{32}"$/);
  const unchanged = await gateway.fetch(PATH, { headers: { 'If-None-Match': etag } });
  expect([unchanged.status, await unchanged.text(), unchanged.headers.get('etag')]).toEqual([304, '', etag]);
  const changed = await gateway.fetch(PATH, { headers: { 'If-None-Match': '"of-another-build"' } });
  expect(changed.status).toBe(200);

  const head = await gateway.fetch(PATH, { method: 'HEAD' });
  expect([head.status, await head.text(), head.headers.get('etag')]).toEqual([200, '', etag]);
});

test('it is read alone, and a refusal has the shape of the API that it describes', async () => {
  const gateway = startGateway(await createMarket());
  const response = await gateway.fetch(PATH, { method: 'POST', body: '{}' });
  expect(response.status).toBe(405);
  expect(response.headers.get('allow')).toBe('GET, HEAD');
  expect(response.headers.get('cache-control')).toBe('private, no-store');
  expect(await response.json()).toEqual({
    error: {
      code: 'BAD_USER_INPUT',
      message: 'Use GET, HEAD.',
      details: [],
      requestId: response.headers.get('x-request-id'),
      traceId: response.headers.get('x-trace-id'),
    },
  });
  const preflight = await gateway.fetch(PATH, {
    method: 'OPTIONS',
    headers: { Origin: 'https://elsewhere.example', 'Access-Control-Request-Method': 'GET' },
  });
  expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
});

test('each endpoint has an example, which is its answer to the request beside it', async () => {
  const examples = await recordExamples();
  const answered = examples.filter(({ status }) => status < 300).map(({ operation }) => operation);
  expect(answered.toSorted()).toEqual(ENDPOINTS.map(({ operation }) => operation).toSorted());
  // `npx vitest run --project flows rest/openapi -u` writes them anew; then `npm run generate`.
  await expect(`${JSON.stringify(examples, null, 2)}\n`).toMatchFileSnapshot(EXAMPLES);
});
