import { beforeAll, describe, expect, test } from 'vitest';
import { type Serving, startServing } from '../support/serving-bench.ts';

let serving: Serving;
beforeAll(async () => {
  serving = await startServing({ crons: [] });
});

const RESPONSE_JSON = 'application/graphql-response+json';
const post = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json', Accept: RESPONSE_JSON, ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

/** A GET of a document needs a header that no other site can have a browser send. */
const asking = (headers: Record<string, string> = {}): RequestInit => ({
  headers: { 'x-graphql-csrf': '1', ...headers },
});

interface Answer {
  status: number;
  headers: Headers;
  body: { data?: unknown; errors?: { message: string; extensions: Record<string, unknown> }[] };
}

async function send(path: string, init?: RequestInit): Promise<Answer> {
  const response = await serving.gateway.fetch(path, init);
  const text = await response.text();
  expect(response.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
  // Without one, caches in front invent a lifetime.
  expect(response.headers.get('cache-control')).toMatch(/no-store|max-age=/);
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
}

function refusal({ status, body }: Answer) {
  expect(body).not.toHaveProperty('data');
  expect(body.errors).toHaveLength(1);
  return [status, body.errors?.[0]?.extensions.code];
}

const TYPENAME = '{ __typename }';
const ANSWER = { data: { __typename: 'Query' } };

describe('bodies that are no operation', () => {
  const bodies: Record<string, unknown> = {
    'an empty body': '',
    'white space': ' \n',
    'bad JSON': '{"query":',
    'an array': [{ query: TYPENAME }],
    'a number': '5',
    null: 'null',
    'a string': '"{ __typename }"',
    'no document': {},
    'an empty document': { query: '' },
    'a document that is a number': { query: 5 },
    'an id that is a number': { documentId: 5 },
    'an operation name that is a number': { query: TYPENAME, operationName: 5 },
    'variables that are a string': { query: TYPENAME, variables: '{}' },
    'variables that are an array': { query: TYPENAME, variables: [] },
    'extensions that are a string': { query: TYPENAME, extensions: 'x' },
  };
  test.each(Object.entries(bodies))('%s', async (_, body) => {
    expect(refusal(await send('/graphql', post(body)))).toEqual([400, 'BAD_USER_INPUT']);
    const asJson = await send('/graphql', post(body, { Accept: 'application/json' }));
    expect(refusal(asJson)).toEqual([400, 'BAD_USER_INPUT']);
  });

  test('the property at fault is named', async () => {
    for (const property of ['query', 'documentId', 'operationName', 'variables', 'extensions']) {
      const { body } = await send('/graphql', post({ query: TYPENAME, [property]: 5 }));
      expect(body.errors?.[0]?.extensions.argumentPath).toEqual([property]);
    }
  });

  test.each([
    'text/plain',
    'application/graphql',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
  ])('a body of the type %s', async (type) => {
    const answer = await send('/graphql', post({ query: TYPENAME }, { 'Content-Type': type }));
    expect(refusal(answer)).toEqual([415, 'BAD_USER_INPUT']);
  });

  test('a body without a type', async () => {
    const body = new TextEncoder().encode(JSON.stringify({ query: TYPENAME }));
    expect(refusal(await send('/graphql', { method: 'POST', body }))).toEqual([415, 'BAD_USER_INPUT']);
  });
});

describe('bodies over 100 KB', () => {
  const padded = (bytes: number) => {
    const body = { query: TYPENAME, padding: '' };
    return JSON.stringify({ ...body, padding: 'x'.repeat(bytes - JSON.stringify(body).length) });
  };

  test('exactly 100 KB are read', async () => {
    expect((await send('/graphql', post(padded(102_400)))).body).toEqual(ANSWER);
  });

  test('one byte more is refused, whatever the client accepts', async () => {
    for (const Accept of [RESPONSE_JSON, 'application/json', 'image/png']) {
      const answer = await send('/graphql', post(padded(102_401), { Accept }));
      expect(refusal(answer)).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    }
  });

  test('no more is read of an endless body that does not say its length', async () => {
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(16_384).fill(32));
      },
    });
    const answer = await send('/graphql', { ...post(''), body: endless });
    expect(refusal(answer)).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    expect(pulled).toBeLessThan(20);
  });
});

describe('properties of an operation', () => {
  test('unknown ones are ignored', async () => {
    const text = `{"query":"${TYPENAME}","mode":"cors","__proto__":{"query":"x"},"variables":{"__proto__":{},"x":1}}`;
    expect((await send('/graphql', post(text))).body).toEqual(ANSWER);
  });

  test('an empty operation name counts as absent', async () => {
    const query = 'query A { __typename }';
    expect((await send('/graphql', post({ query, operationName: '' }))).body).toEqual(ANSWER);
    expect((await send(`/graphql?query=${encodeURIComponent(query)}&operationName=`, asking())).body).toEqual(
      ANSWER,
    );
  });

  test('null counts as absent', async () => {
    const body = {
      query: TYPENAME,
      operationName: null,
      variables: null,
      extensions: null,
      documentId: null,
    };
    expect((await send('/graphql', post(body))).body).toEqual(ANSWER);
  });
});

/** Each is found when the document is read: 400, or 200 where the client accepts plain JSON alone. */
describe('operations that cannot run', () => {
  const TWO = 'query A { __typename } query B { __typename }';
  const operations: Record<string, [object, unknown]> = {
    'a syntax error': [{ query: '{' }, undefined],
    'an unknown field': [{ query: '{ nothing }' }, undefined],
    'an unknown operation name': [{ query: TWO, operationName: 'C' }, ['operationName']],
    'two operations and no name': [{ query: TWO }, ['operationName']],
    'a document without an operation': [{ query: 'fragment F on Query { __typename }' }, ['operationName']],
    'a variable of the wrong type': [
      { query: 'query ($n: Int!) { projects(first: $n) { totalCount } }', variables: { n: 'x' } },
      ['n'],
    ],
    'a variable left out': [{ query: 'query ($n: Int!) { projects(first: $n) { totalCount } }' }, ['n']],
    'a subscription or mutation, of which there are none': [{ query: 'mutation { a }' }, undefined],
  };
  test.each(Object.entries(operations))('%s', async (_, [operation, argumentPath]) => {
    const answer = await send('/graphql', post(operation));
    expect(refusal(answer)).toEqual([400, 'BAD_USER_INPUT']);
    expect(answer.headers.get('content-type')).toBe(`${RESPONSE_JSON}; charset=utf-8`);
    expect(answer.body.errors?.[0]?.extensions.argumentPath).toEqual(argumentPath);
    for (const Accept of ['application/json', '*/*', 'application/json, text/plain, */*']) {
      const asJson = await send('/graphql', post(operation, { Accept }));
      expect(refusal(asJson)).toEqual([200, 'BAD_USER_INPUT']);
    }
    const both = await send('/graphql', post(operation, { Accept: `application/json, ${RESPONSE_JSON}` }));
    expect(both.status).toBe(both.headers.get('content-type')?.startsWith(RESPONSE_JSON) ? 400 : 200);
  });

  test('an answer with data is 200, whatever errors stand beside it', async () => {
    const query = '{ __typename projects(first: 0) { totalCount } }';
    for (const Accept of [RESPONSE_JSON, 'application/json']) {
      const { status, body } = await send('/graphql', post({ query }, { Accept }));
      expect(status).toBe(200);
      expect(body.data).toEqual({ __typename: 'Query', projects: null });
      expect(body.errors).toHaveLength(1);
    }
  });
});

describe('methods', () => {
  test.each(['PUT', 'DELETE', 'PATCH'])('%s is refused with what is allowed', async (method) => {
    const answer = await send('/graphql', { ...post({ query: TYPENAME }), method });
    expect(refusal(answer)).toEqual([405, 'BAD_USER_INPUT']);
    expect(answer.headers.get('allow')).toBe('GET, HEAD, POST');
  });

  const CATEGORIES = '/graphql?query={projectCategories{name}}';
  const gets: Record<string, [path: string, headers: Record<string, string>, times: number]> = {
    'a query': [`/graphql?query=${TYPENAME}`, {}, 1],
    'a query whose answer is in the cache': [CATEGORIES, {}, 2],
    'a query of another origin': [CATEGORIES, { Origin: 'https://elsewhere.example', Cookie: 'a=b' }, 1],
    'a condition that holds': [CATEGORIES, { 'If-None-Match': '*' }, 2],
    'a query as an event stream': [`/graphql?query=${TYPENAME}`, { Accept: 'text/event-stream' }, 1],
    'a mutation': ['/graphql?query=mutation{a}', {}, 1],
    'no operation': ['/graphql', {}, 1],
    'an unknown id': ['/graphql/unknown', {}, 1],
    'what the client does not accept': [`/graphql?query=${TYPENAME}`, { Accept: 'image/png' }, 1],
    'the health': ['/health', {}, 1],
    'no route': ['/nothing', {}, 1],
  };
  test.each(Object.entries(gets))(
    'HEAD is answered as GET, without a body: %s',
    async (_, [path, headers, times]) => {
      const varying = new Set(['x-request-id', 'x-trace-id', 'content-length']);
      const described = (response: Response) => [
        response.status,
        [...response.headers].filter(([name]) => !varying.has(name)),
      ];
      for (let asked = 1; asked < times; asked += 1) await serving.gateway.fetch(path, { headers });
      const byGet = await serving.gateway.fetch(path, { headers });
      const byHead = await serving.gateway.fetch(path, { method: 'HEAD', headers });
      expect(described(byHead)).toEqual(described(byGet));
      expect(byHead.body).toBeNull();
      const isStream = byGet.headers.get('content-type') === 'text/event-stream';
      const bytes = byGet.body === null || isStream ? null : String((await byGet.arrayBuffer()).byteLength);
      expect(byHead.headers.get('content-length')).toBe(bytes);
    },
  );

  test('HEAD opens no socket', async () => {
    const headers = { Upgrade: 'websocket', 'Sec-WebSocket-Protocol': 'graphql-transport-ws' };
    const answer = await serving.gateway.fetch(`/graphql?query=${TYPENAME}`, { method: 'HEAD', headers });
    expect([answer.status, answer.webSocket ?? null]).toEqual([200, null]);
  });

  test('GET runs a document with variables', async () => {
    const query = encodeURIComponent('query ($slug: String!) { project(by: { slug: $slug }) { id } }');
    const variables = encodeURIComponent('{"slug":"nothing"}');
    const { body } = await send(`/graphql?query=${query}&variables=${variables}&extensions={}`, asking());
    expect(body).toEqual({ data: { project: null } });
  });

  test('GET without a document, or with variables that are no JSON object', async () => {
    expect(refusal(await send('/graphql'))).toEqual([400, 'BAD_USER_INPUT']);
    for (const variables of ['{', '[]', '"x"', '5']) {
      const answer = await send(`/graphql?query=${TYPENAME}&variables=${encodeURIComponent(variables)}`);
      expect(refusal(answer)).toEqual([400, 'BAD_USER_INPUT']);
      expect(answer.body.errors?.[0]?.extensions.argumentPath).toEqual(['variables']);
    }
  });
});

describe('what the client accepts', () => {
  test.each(['image/png', 'text/html', 'text/plain;q=0.5'])('%s is answered 406, in JSON', async (Accept) => {
    const answer = await send(`/graphql?query=${TYPENAME}`, asking({ Accept }));
    expect(refusal(answer)).toEqual([406, 'BAD_USER_INPUT']);
    expect(answer.headers.get('content-type')).toContain('application/json');
  });

  test('a browser that opens the endpoint gets JSON where GraphiQL is not bundled', async () => {
    const Accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
    expect((await send(`/graphql?query=${TYPENAME}`, asking({ Accept }))).body).toEqual(ANSWER);
  });

  test('a refusal is one JSON answer even to who asks for a stream', async () => {
    for (const Accept of ['text/event-stream', 'multipart/mixed', 'image/png']) {
      const answer = await send('/graphql', post('', { Accept }));
      expect(refusal(answer)).toEqual([400, 'BAD_USER_INPUT']);
    }
  });

  test('a query over server-sent events is not stored either', async () => {
    const response = await serving.gateway.fetch(
      `/graphql?query=${TYPENAME}`,
      asking({ Accept: 'text/event-stream' }),
    );
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(response.headers.get('cache-control')).toContain('no-store');
    expect(await response.text()).toContain(JSON.stringify(ANSWER));
  });
});

test('where nothing is, the answer says where the API is', async () => {
  for (const path of ['/', '/graphq', '/graphqlx', '/favicon.ico', '//graphql']) {
    expect(refusal(await send(path))).toEqual([404, 'NOT_FOUND']);
  }
});

test('no path of Yoga’s own is open', async () => {
  for (const path of ['/graphql/yoga-health-is-not-used', '/graphql/health', '/graphql/readiness']) {
    const answer = await send(path);
    expect(refusal(answer)).toEqual([200, 'PERSISTED_QUERY_NOT_FOUND']);
  }
});
