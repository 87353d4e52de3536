import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import restManifest from '../../operations/rest/manifest.json' with { type: 'json' };
import { OPERATION_MAX_COST } from '../../src/config.ts';
import { USAGE_FLUSH_SECONDS } from '../../src/operations/usage.ts';
import { ADMIN_KEY, adminOf, operationNamed, sha256Of } from '../support/admin.ts';
import { type Serving, startServing } from '../support/serving-bench.ts';

let serving: Serving;
let admin: ReturnType<typeof adminOf>;
beforeEach(async () => {
  serving = await startServing({ crons: [], vars: { ADMIN_KEY, OPERATIONS_MODE: 'id_only' } });
  admin = adminOf(serving.gateway);
});

describe('what is sent', () => {
  test('to no route, by no method, in no shape is refused', async () => {
    expect(await admin.get('/nothing')).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect(await admin.send('DELETE', '/releases')).toMatchObject({ status: 405 });
    expect(await admin.send('PUT', '/operations', [])).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    expect(await admin.put('ios', '1.0.0', [])).toMatchObject({ status: 400 });
    expect(await admin.put('i os', '1.0.0', ['a'])).toMatchObject({ status: 400 });
    for (const [client, version] of [
      ['i~os', '1.0.0'],
      ['ios', '1~0'],
      ['ios', '~'],
    ] as const) {
      const { status, code, body } = await admin.put(client, version, ['a']);
      expect([status, code]).toEqual([400, 'BAD_USER_INPUT']);
      expect(JSON.stringify(body)).toContain('which separates the parts of an id');
    }
    expect(await admin.deprecate('ios', ['1.0.0'], 'tomorrow')).toMatchObject({ status: 400 });
    expect(await admin.get('/usage?days=0')).toMatchObject({ status: 400 });
    const tooMany = Array.from({ length: 201 }, () => ({ id: 'a', document: 'b' }));
    expect(await admin.store(tooMany)).toMatchObject({ status: 400 });
    expect(await admin.store([{ id: 'a', document: 'x'.repeat(8 * 1024 * 1024) }])).toMatchObject({
      status: 413,
      code: 'PAYLOAD_TOO_LARGE',
    });
  });
});

describe('operations', () => {
  const expensive = `query Dear { ${Array.from({ length: 10 }, (_, number) => `a${number}: projects(first: 100) { nodes { id slug name symbol price { price } idoPools(first: 100) { id } } }`).join(' ')} }`;

  test('are checked without being stored', async () => {
    const good = await operationNamed('Good');
    const submitted = [
      good,
      { id: 'invalid', document: 'query Invalid { nothing }' },
      { id: 'syntax', document: 'query {' },
      { id: 'two', document: 'query A { __typename } query B { __typename }' },
      { id: 'nameless', document: '{ __typename }' },
      { id: 'with space', document: good.document },
      { id: 'a~1~b', document: good.document },
      { id: '__proto__', document: good.document },
      { id: good.id.replace(/.$/, (last) => (last === '0' ? '1' : '0')), document: good.document },
      { id: good.id.toUpperCase(), document: good.document },
      { id: 'dear', document: expensive },
      { id: 'same', document: 'query Same { __typename }' },
      { id: 'same', document: 'query Other { __typename }' },
    ];
    const { body } = await admin.send('POST', '/operations/check', { operations: submitted });
    expect(body).toMatchObject({
      operations: [
        {
          id: good.id,
          name: 'Good',
          kind: 'query',
          known: false,
          variableBounds: {},
          scopes: [],
          cachePolicy: { maxAgeSeconds: 3600, scope: 'public', tags: ['projects'] },
        },
        // A hash in upper case is an opaque id like any other.
        { id: good.id.toUpperCase(), known: false },
        { id: 'dear' },
        { id: 'same', name: 'Same' },
      ],
    });
    expect((body.problems as { code: string }[]).map(({ code }) => code)).toEqual([
      'DOCUMENT_INVALID',
      'DOCUMENT_INVALID',
      'NOT_ONE_OPERATION',
      'NOT_ONE_OPERATION',
      'ID_INVALID',
      'ID_INVALID',
      'ID_INVALID',
      'ID_MISMATCH',
      'COST_EXCEEDED',
      'ID_TAKEN',
    ]);
    const ids = await env.DB.prepare('SELECT count(*) AS n FROM operation').first('n');
    expect(ids, 'the bundled ones alone').toBe(manifest.operations.length + restManifest.operations.length);
  });

  test('are stored all or none, once', async () => {
    const good = await operationNamed('Good');
    expect(await admin.store([good, { id: 'bad', document: 'query Bad { nothing }' }])).toMatchObject({
      status: 422,
      code: 'DOCUMENT_INVALID',
      extensions: { problems: [{ id: 'bad', code: 'DOCUMENT_INVALID' }] },
    });
    expect((await admin.get(`/operations/${encodeURIComponent(good.id)}`)).status).toBe(404);
    expect((await admin.store([good])).body).toEqual({ stored: 1 });
    expect((await admin.store([good])).body).toEqual({ stored: 0 });
    expect((await admin.send('POST', '/operations/check', { operations: [good] })).body).toMatchObject({
      operations: [{ id: good.id, known: true }],
      problems: [],
    });
  });

  test('keep the text they have', async () => {
    const { document } = await operationNamed('First');
    expect(await admin.store([{ id: 'opaque', document }])).toMatchObject({ status: 200 });
    const other = { id: 'opaque', document: `${document} ` };
    expect(await admin.store([other])).toMatchObject({ status: 409, code: 'ID_TAKEN' });
    const [first, second] = await Promise.all([
      admin.store([{ id: 'raced', document }]),
      admin.store([{ id: 'raced', document: `${document} ` }]),
    ]);
    expect([first?.status, second?.status].sort()).toEqual([200, 409]);
    const winner = first?.status === 200 ? document : `${document} `;
    expect((await admin.get('/operations/raced')).body).toMatchObject({ document: winner });
    expect(await env.CACHE_KV.get('operation:raced', 'json')).toMatchObject({ document: winner });
  });

  test.each([
    [
      'depth',
      `query Big { projects ${'{ nodes { idoPools { project '.repeat(5)}{ id } ${'} } }'.repeat(5)} }`,
    ],
    ['aliases', `query Big { ${Array.from({ length: 31 }, (_, at) => `a${at}: __typename`).join(' ')} }`],
    ['tokens', `query Big { ${'__typename '.repeat(2_001)} }`],
    ['repetitions', `query Big { ${'__typename '.repeat(51)} }`],
  ])('beyond a limit of documents are refused: %s', async (_, document) => {
    expect(await admin.store([{ id: 'big', document }], true)).toMatchObject({
      status: 422,
      code: 'DOCUMENT_TOO_LARGE',
    });
    // One that an earlier build stored may be published again.
    await env.DB.prepare(
      "INSERT INTO operation (id, document_id, name, kind, registered, registered_at) VALUES ('big', ?, 'Big', 'query', ?, 0)",
    )
      .bind(`sha256:${await sha256Of(document)}`, JSON.stringify({ id: 'big', name: 'Big', document }))
      .run();
    const { body } = await admin.send('POST', '/operations/check', { operations: [{ id: 'big', document }] });
    expect(body.problems).not.toContainEqual(expect.objectContaining({ code: 'DOCUMENT_TOO_LARGE' }));
  });

  test('over the cost limit are stored by force alone', async () => {
    const dear = { id: 'dear', document: expensive };
    expect(await admin.store([dear])).toMatchObject({ status: 422, code: 'COST_EXCEEDED' });
    expect(await admin.store([dear], true)).toMatchObject({ status: 200, body: { stored: 1 } });
  });

  test('are shown with the cost and the policy of this build, whatever an older one stored', async () => {
    const dear = { id: 'dear', document: expensive };
    const modest = await operationNamed('Modest');
    await admin.store([dear, modest], true);
    await env.DB.prepare(
      "UPDATE operation SET registered = json_set(registered, '$.cost', 5, '$.schemaHash', 'older', '$.cachePolicy.maxAgeSeconds', 86400)",
    ).run();
    const shown = await admin.get<{ cost: number }>('/operations/dear');
    expect(shown.body).toMatchObject({
      isOverCostLimit: true,
      schemaHash: manifest.schemaHash,
      cachePolicy: { maxAgeSeconds: 60 },
    });
    expect(shown.body.cost).toBeGreaterThan(OPERATION_MAX_COST);
    expect((await admin.get(`/operations/${encodeURIComponent(modest.id)}`)).body).toMatchObject({
      isOverCostLimit: false,
      cachePolicy: { maxAgeSeconds: 3600 },
    });
    // An operation that is stored already may be published again: apps in use send it.
    expect((await admin.send('POST', '/operations/check', { operations: [dear] })).body).toMatchObject({
      operations: [{ id: 'dear', known: true }],
      problems: [],
    });
  });

  test('are shown with releases, liveness and use', async () => {
    const operation = await operationNamed('Shown');
    await admin.publish('ios', '1.0.0', [operation]);
    await admin.publish('ios', '2.0.0', [operation]);
    await admin.deprecate('ios', ['1.0.0'], '2027-06-01');
    await serving.gateway.post({ documentId: operation.id }, { 'graphql-client-name': 'ios' });
    await serving.gateway.advance(USAGE_FLUSH_SECONDS);
    // This request writes the counts, and the next one shows them.
    await admin.get('/releases');
    expect((await admin.get(`/operations/${encodeURIComponent(operation.id)}`)).body).toMatchObject({
      ...operation,
      name: 'Shown',
      liveness: { state: 'live' },
      releases: [
        { client: 'ios', version: '1.0.0', state: 'deprecated' },
        { client: 'ios', version: '2.0.0', state: 'published' },
      ],
      usage: [{ client: 'ios', version: null, count: 1 }],
    });
    const sunset = Date.UTC(2027, 5, 1) / 1000;
    expect((await admin.get('/releases')).body).toMatchObject({
      releases: [
        {
          client: 'gateway',
          version: manifest.version,
          operations: manifest.operations.length,
          lastUsedAt: null,
        },
        {
          client: 'ios',
          version: '1.0.0',
          state: 'deprecated',
          sunset,
          deprecatedAt: serving.market.startAt,
        },
        {
          client: 'ios',
          version: '2.0.0',
          state: 'published',
          sunset: null,
          lastUsedAt: serving.market.startAt,
        },
        { client: 'rest', version: restManifest.version, operations: restManifest.operations.length },
      ],
    });
    const live = await admin.get<{ operations: { id: string }[] }>('/live-operations?days=7');
    expect(live.body.operations.find(({ id }) => id === operation.id)).toMatchObject({
      ...operation,
      name: 'Shown',
      count: 1,
      releases: [{ version: '1.0.0' }, { version: '2.0.0' }],
    });
  });

  test('in number are published by one call a release', async () => {
    const operations = await Promise.all(
      Array.from({ length: 200 }, (_, number) => operationNamed(`Number${number}`)),
    );
    expect((await admin.publish('ios', '1.0.0', operations)).body).toMatchObject({ changed: true });
    expect(await sha256Of(operations[199]?.document ?? '')).toBe(operations[199]?.id);
    expect((await serving.gateway.post({ documentId: operations[199]?.id ?? '' })).errors).toBeUndefined();
  });
});
