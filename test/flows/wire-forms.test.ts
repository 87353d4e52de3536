import { beforeAll, describe, expect, test } from 'vitest';
import {
  apolloProperties,
  DEPRECATED_AT,
  documentOf,
  MODES,
  namesOf,
  type OperationNames,
  opaqueIdOf,
  SUNSET,
  startWire,
  type WireBench,
  wireRequest,
} from '../support/wire-bench.ts';

type Mode = (typeof MODES)[number];
const STATES = ['known', 'unknown', 'unavailable', 'retired', 'deprecated', 'mismatched'] as const;
type State = (typeof STATES)[number];
const ACCEPTS = ['application/graphql-response+json', 'application/json'];

type Sent = [properties: Record<string, unknown>, path?: string];

/** Every way to name an operation, as its clients send it. */
const ID_FORMS: Record<string, (names: OperationNames) => Sent> = {
  'persisted document': ({ hash }) => [{ documentId: `sha256:${hash}` }],
  'persisted document and an empty one': ({ hash }) => [{ documentId: `sha256:${hash}`, query: '' }],
  'a hash without its prefix': ({ hash }) => [{ documentId: hash }],
  path: ({ hash }) => [{}, `/graphql/sha256:${hash}`],
  'path, percent-encoded': ({ hash }) => [{}, `/graphql/${encodeURIComponent(`sha256:${hash}`)}`],
  Apollo: ({ hash }) => [apolloProperties(hash)],
  'Apollo, the hash with a prefix': ({ hash }) => [apolloProperties(`sha256:${hash}`)],
  'Apollo, an opaque id for a hash': ({ opaque }) => [apolloProperties(opaque)],
  'Relay’s doc_id': ({ opaque }) => [{ doc_id: opaque }],
  'Relay’s id': ({ opaque }) => [{ id: opaque }],
  'Relay’s doc_id as a hash': ({ hash }) => [{ doc_id: hash }],
  'app release': ({ hash }) => [{ documentId: `ios~5.2.0~sha256:${hash}` }],
  'app release with a bare hash': ({ hash }) => [{ documentId: `ios~5.2.0~${hash}` }],
  'app release with an opaque id': ({ opaque }) => [{ documentId: `ios~5.2.0~${opaque}` }],
  'the same id in every place': ({ hash }) => [
    { documentId: `ios~1~${hash}`, doc_id: hash, id: `sha256:${hash}`, ...apolloProperties(hash) },
    `/graphql/sha256:${hash}`,
  ],
};
const DOCUMENT_FORMS: Record<string, (names: OperationNames) => Sent> = {
  document: ({ document }) => [{ query: document }],
  'document and its id': ({ document, hash }) => [{ query: document, documentId: `sha256:${hash}` }],
  'document and its Apollo hash': ({ document, hash }) => [{ query: document, ...apolloProperties(hash) }],
  'document and an opaque id': ({ document, opaque }) => [{ query: document, id: opaque }],
};

type Outcome = readonly [status: number, code: string | null];
const RUNS: Outcome = [200, null];

/** `test/contracts/http.md`, "What may run". */
function expectedOutcome(mode: Mode, state: State, sendsDocument: boolean): Outcome {
  if (state === 'mismatched') return [400, 'PERSISTED_QUERY_HASH_MISMATCH'];
  if (mode === 'open' || mode === 'audit') {
    if (sendsDocument) return RUNS;
    if (state === 'unknown' || state === 'unavailable') return [200, 'PERSISTED_QUERY_NOT_FOUND'];
  }
  if (mode === 'id_only' && sendsDocument) return [400, 'PERSISTED_QUERY_ID_REQUIRED'];
  if (state === 'retired') return [410, 'PERSISTED_QUERY_RETIRED'];
  if (state === 'unavailable') return [503, 'SERVICE_UNAVAILABLE'];
  if (state !== 'unknown') return RUNS;
  return sendsDocument ? [403, 'QUERY_NOT_IN_SAFELIST'] : [404, 'PERSISTED_QUERY_NOT_IN_LIST'];
}

const cases = MODES.flatMap((mode) =>
  STATES.flatMap((state) =>
    [
      ...Object.entries(ID_FORMS).map(([name, form]) => ({ name, form, sendsDocument: false })),
      ...Object.entries(DOCUMENT_FORMS).map(([name, form]) => ({ name, form, sendsDocument: true })),
    ].flatMap((entry) =>
      (['GET', 'POST'] as const).flatMap((method) =>
        ACCEPTS.map((accept) => ({ mode, state, method, accept, ...entry })),
      ),
    ),
  ),
);

describe.each(cases)('$mode, $state: $name by $method for $accept', (each) => {
  const { mode, state, form, method, accept, sendsDocument } = each;

  test('is answered as the contract says', async () => {
    // What clients register stays in an isolate: each case has its own.
    const wire = await startWire(mode);
    const names = await namesOf(state === 'mismatched' ? 'known' : state);
    const [properties, path = '/graphql'] = form(names);
    const unused = 'doc_id' in properties ? 'documentId' : 'doc_id';
    const sent =
      state === 'mismatched' ? { ...properties, [unused]: (await namesOf('other')).hash } : properties;
    const answer = await wire.send(...wireRequest(method, sent, { path, headers: { Accept: accept } }));

    const [status, code] = expectedOutcome(mode, state, sendsDocument);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('cache-control')).toContain('no-store');
    if (code === null) {
      expect(answer.body).toEqual({ data: { __typename: 'Query' } });
      expect(wire.runs()).toBe(1);
    } else {
      expect(answer.body).not.toHaveProperty('data');
      expect(answer.body.errors?.map(({ extensions }) => extensions.code)).toEqual([code]);
      expect(answer.body.errors?.[0]?.message === 'PersistedQueryNotFound').toBe(
        code === 'PERSISTED_QUERY_NOT_FOUND',
      );
      expect(wire.runs()).toBe(0);
    }
    expect(answer.headers.get('retry-after')).toBe(code === 'SERVICE_UNAVAILABLE' ? '2' : null);
    // In `open` a document runs without anybody asking whether it is registered, unless it comes with an id.
    const isLookedUp = !(mode === 'open' && each.name === 'document');
    const isDeprecated = code === null && state === 'deprecated' && isLookedUp;
    expect(answer.headers.get('deprecation')).toBe(isDeprecated ? `@${DEPRECATED_AT}` : null);
    expect(answer.headers.get('sunset')).toBe(isDeprecated ? 'Tue, 01 Jun 2027 00:00:00 GMT' : null);
    expect(SUNSET).toBe(Date.parse('Tue, 01 Jun 2027 00:00:00 GMT') / 1000);
  });
});

describe('what is counted', () => {
  const HEADERS = { 'graphql-client-name': 'web', 'graphql-client-version': '7' };
  const send = (wire: WireBench, properties: object, headers: Record<string, string> = HEADERS) =>
    wire.send(...wireRequest('POST', { ...properties }, { headers }));
  let known: OperationNames;
  let unknown: OperationNames;
  beforeAll(async () => {
    known = await namesOf('known');
    unknown = await namesOf('unknown');
  });

  test('who runs what, by the headers of either name', async () => {
    const wire = await startWire('id_only');
    await send(wire, { id: known.opaque });
    await send(wire, { id: known.opaque }, { 'apollographql-client-name': 'android' });
    await send(wire, { id: known.opaque }, {});
    await send(wire, { id: `ios~5.2.0~${known.opaque}` }, {});
    await send(wire, { id: `ios~5.2.0~${known.opaque}` });
    expect(wire.counted()).toEqual([
      'used relay-known web@7',
      'used relay-known android@null',
      'used relay-known null@null',
      'used relay-known ios@5.2.0',
      'used relay-known web@7',
    ]);
  });

  test.each(['x'.repeat(101), 'é', 'a\tb', ' '])('a client does not name itself %j', async (name) => {
    const wire = await startWire('id_only');
    await send(wire, { id: known.opaque }, { 'graphql-client-name': name });
    expect(wire.counted()).toEqual(['used relay-known null@null']);
  });

  test('refusals, by code', async () => {
    const wire = await startWire('safelist');
    await send(wire, { query: unknown.document });
    await send(wire, { id: unknown.opaque });
    await send(wire, { id: 'relay-retired' });
    await send(wire, { id: known.opaque, doc_id: unknown.opaque });
    await send(wire, { id: opaqueIdOf('unavailable') });
    expect(wire.counted()).toEqual([
      `refused QUERY_NOT_IN_SAFELIST sha256:${unknown.hash} web@7`,
      'refused PERSISTED_QUERY_NOT_IN_LIST relay-unknown web@7',
      'refused PERSISTED_QUERY_RETIRED relay-retired web@7',
      'refused PERSISTED_QUERY_HASH_MISMATCH relay-unknown web@7',
      'refused SERVICE_UNAVAILABLE relay-unavailable web@7',
    ]);
  });

  test('in audit, what safelist would refuse, once', async () => {
    const wire = await startWire('audit');
    const retired = await namesOf('retired');
    const unavailable = await namesOf('unavailable');
    await send(wire, { query: unavailable.document });
    expect(wire.counted(), 'nobody knows if it would refuse this one').toEqual([]);
    await send(wire, { query: known.document });
    await send(wire, { query: unknown.document });
    await send(wire, { query: retired.document });
    await send(wire, { id: unknown.opaque });
    await send(wire, { id: retired.opaque });
    expect(wire.counted()).toEqual([
      `used sha256:${known.hash} web@7`,
      `refused audit:QUERY_NOT_IN_SAFELIST sha256:${unknown.hash} web@7`,
      `refused audit:PERSISTED_QUERY_RETIRED sha256:${retired.hash} web@7`,
      `used sha256:${retired.hash} web@7`,
      'refused audit:PERSISTED_QUERY_NOT_IN_LIST relay-unknown web@7',
      'refused PERSISTED_QUERY_RETIRED relay-retired web@7',
    ]);
  });
});

describe.each(['open', 'audit'] as const)('an Apollo client in %s', (mode) => {
  test('registers a document once, and its hash runs from then on in this isolate alone', async () => {
    const wire = await startWire(mode);
    const { document, hash } = await namesOf('unknown');
    const byHash = () => wire.send(...wireRequest('GET', apolloProperties(hash)));
    expect((await byHash()).body.errors?.[0]?.message).toBe('PersistedQueryNotFound');
    const registration = await wire.send(
      ...wireRequest('POST', { query: document, ...apolloProperties(hash) }),
    );
    expect(registration.body).toEqual({ data: { __typename: 'Query' } });
    expect((await byHash()).body).toEqual({ data: { __typename: 'Query' } });
    const elsewhere = await (await startWire(mode)).send(...wireRequest('GET', apolloProperties(hash)));
    expect(elsewhere.body.errors?.[0]?.message).toBe('PersistedQueryNotFound');
  });

  test('registers nothing under a hash that is not the document’s', async () => {
    const wire = await startWire(mode);
    const { hash } = await namesOf('unknown');
    const answer = await wire.send(
      ...wireRequest('POST', { query: documentOf('other'), ...apolloProperties(hash) }),
    );
    expect(answer.status).toBe(400);
    expect((await wire.send(...wireRequest('POST', apolloProperties(hash)))).body.errors?.[0]?.message).toBe(
      'PersistedQueryNotFound',
    );
  });
});

test.each(MODES)('in %s a persisted query of another version than 1 is bad input', async (mode) => {
  const wire = await startWire(mode);
  const { hash } = await namesOf('known');
  for (const extension of [
    apolloProperties(hash, 2),
    apolloProperties(hash, '1'),
    { extensions: { persistedQuery: 'x' } },
  ]) {
    const { status, body } = await wire.send(...wireRequest('POST', extension));
    expect([status, body.errors?.[0]?.extensions.code]).toEqual([400, 'BAD_USER_INPUT']);
  }
});
