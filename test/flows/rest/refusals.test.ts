/** Every endpoint of `/api` × what is no request to it: bodies, methods, tokens, ids. */
import { beforeAll, describe, expect, test } from 'vitest';
import { type Endpoint, isProtected } from '../../../src/rest/endpoint.ts';
import { ENDPOINTS } from '../../../src/rest/endpoints.ts';
import { atFault, callEndpoint, type RestBench, refused, startRest } from '../../support/rest-bench.ts';
import { goodCall, nameOf, pathWith, rowOf } from '../../support/rest-calls.ts';

let bench: RestBench;
beforeAll(async () => {
  bench = await startRest();
});

const hasBody = ({ parameters }: Endpoint) => parameters.body !== undefined;
describe.each(ENDPOINTS.map((endpoint) => [nameOf(endpoint), endpoint] as const))('%s', (_, endpoint) => {
  const { body } = rowOf(endpoint);
  /** A third of them; other endpoints are asked the others. */
  const some = (wrong: readonly string[]) =>
    wrong.filter((_value, position) => (position + ENDPOINTS.indexOf(endpoint)) % 3 === 0);
  const good = goodCall(endpoint);

  if (body !== undefined)
    test('a body of another media type or charset is refused', async () => {
      const wrong = [
        'text/plain',
        'application/graphql',
        'application/x-www-form-urlencoded',
        'application/jsonx',
        'application/json-patch+json',
        'application/json; charset=utf-16',
        'application/json; charset=latin1',
        '',
      ];
      for (const type of some(wrong)) {
        const response = await bench.call(endpoint, { headers: { 'Content-Type': type } });
        await refused(response, 415, `${nameOf(endpoint)} ${type}`);
        expect(response.headers.get('accept')).toBe('application/json');
      }
    });

  if (body !== undefined)
    test('a body of more than 100 KB is refused, with and without its length', async () => {
      const large = JSON.stringify({ ...(good.body as object), padding: 'x'.repeat(103_000) });
      const error = await refused(await bench.call(endpoint, { body: large }), 413, nameOf(endpoint));
      expect(error.code).toBe('PAYLOAD_TOO_LARGE');
      const stream = new Response(large).body ?? undefined;
      const path = pathWith(endpoint, good.path);
      const sent = await bench.gateway.fetch(path, {
        method: endpoint.method,
        headers: { ...bench.signedIn, ...good.headers, 'Content-Type': 'application/json' },
        body: stream as BodyInit,
      });
      await refused(sent, 413, `${nameOf(endpoint)} as a stream`);
    });

  test('another method is refused, and the allowed ones are named', async () => {
    const sent = new Set(
      ENDPOINTS.filter(({ path }) => path === endpoint.path).map(({ method }) => method as string),
    );
    const allowed = [...sent].flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      if (allowed.includes(method)) continue;
      const response = await bench.call(endpoint, { method, body: undefined });
      expect([method, response.status, response.headers.get('allow')]).toEqual([
        method,
        405,
        allowed.join(', '),
      ]);
      if (method !== 'HEAD') await refused(response, 405, `${method} ${endpoint.path}`);
    }
  });

  if (isProtected(endpoint))
    test('nobody is told anything without a valid token', async () => {
      for (const changed of [
        {},
        { query: [['nothing', '1'] as const] },
        { body: '{' },
        { method: 'PATCH', body: undefined },
      ]) {
        if (changed.body === '{' && body === undefined) continue;
        const headers = good.headers;
        await refused(await callEndpoint(bench.gateway, endpoint, { ...changed, headers }), 401, 'no token');
      }
      const wrong = [
        'Basic YTpi',
        'Bearer',
        'Bearer x',
        'Bearer a.b.c',
        'bearer  ',
        bench.signedIn.Authorization.slice(0, -2),
        `${bench.signedIn.Authorization}x`,
      ];
      for (const Authorization of some(wrong)) {
        for (const pairs of [good.query, [['nothing', '1'] as const]]) {
          const response = await bench.call(endpoint, { query: pairs, headers: { Authorization } });
          const error = await refused(response, 401, `${nameOf(endpoint)} ${Authorization.slice(0, 10)}`);
          expect([error.code, response.headers.get('www-authenticate')]).toEqual([
            'UNAUTHENTICATED',
            'Bearer',
          ]);
        }
      }
    });

  if (endpoint.path.includes(':'))
    test('an id of nothing is 404, one that is none is 400', async () => {
      const [, name = ''] = endpoint.path.match(/:(\w+)/) ?? [];
      const at = (segment: string) => bench.call(endpoint, { path: { [name]: segment } });
      const ofNothing = [
        'nothing',
        'a%2Fb',
        '%2e%2e%2Fadmin',
        '%F0%9F%98%80',
        '😀',
        '\ud800',
        '%5C..%5C',
        '*',
        "'%3B%20DROP%20TABLE",
        '%25ff',
        '__proto__',
        'constructor',
        'toString',
        'prj_',
        'Prj_bitcoin',
      ];
      for (const segment of some(ofNothing))
        await refused(await at(segment), 404, `${nameOf(endpoint)} ${segment}`);
      const noIds = [
        '',
        '%00',
        'bit%00coin',
        '%0a',
        '%7f',
        '%ff',
        '%',
        '%zz',
        '%c3%28',
        '%ed%a0%80',
        'x'.repeat(10_240),
      ];
      for (const segment of some(noIds)) {
        const error = await refused(await at(segment), 400, `${nameOf(endpoint)} ${segment.slice(0, 20)}`);
        expect(atFault(error), segment.slice(0, 20)).toEqual([`path ${name}`]);
      }
    });
});

describe('where nothing is', () => {
  const NOWHERE = [
    '/api',
    '/api/',
    '/api//projects',
    '/api/projects/bitcoin/',
    '/api/nothing',
    '/api/Projects',
    '/api/projects/bitcoin/nothing',
    '/api/projects/%2e%2e',
    '/api/projects/..',
    '/api/%70rojects',
    '/api/projects%2Fbitcoin',
    '/api/__proto__',
    '/api/graphql',
    '/api/projects;a=b',
    `/api/${'x/'.repeat(5_000)}`,
  ];
  test.each(NOWHERE.map((path) => [path.slice(0, 60), path]))('%s', async (_, path) => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const error = await refused(await bench.gateway.fetch(path, { method }), 404, `${method} ${path}`);
      expect(error.code).toBe('NOT_FOUND');
    }
  });

  test('the protected ones say nothing without a token, and are not there with one', async () => {
    for (const path of [
      '/api/protected/',
      '/api/protected/nothing',
      '/api/protected/users',
      '/api/protected/%00',
    ]) {
      await refused(await bench.gateway.fetch(path), 401, path);
      await refused(await bench.gateway.fetch(path, { headers: bench.signedIn }), 404, path);
    }
  });

  test('paths beside /api are not its own', async () => {
    for (const path of ['/API/projects', '//api/projects', '/apis', '/api%2Fprojects', '/api.json'])
      expect((await bench.gateway.fetch(path)).status, path).toBe(404);
  });
});

test('where no body is taken, an empty one is the same, and any other is refused', async () => {
  for (const endpoint of ENDPOINTS.filter((each) => each.method !== 'GET' && !hasBody(each))) {
    const plain = await bench.call(endpoint);
    for (const body of ['', '{}']) expect((await bench.call(endpoint, { body })).status).toBe(plain.status);
    await bench.expectAtFault(endpoint, { body: '{"amount":"1"}' }, ['body amount']);
    for (const body of ['[]', '{', 'null']) await bench.expectAtFault(endpoint, { body }, ['body ']);
    const asText = { body: '{}', headers: { 'Content-Type': 'text/plain' } };
    await refused(await bench.call(endpoint, asText), 415, nameOf(endpoint));
  }
});
