/** Nothing that a client sends is a fault of the gateway's, over whatever transport. */
import * as fc from 'fast-check';
import { getOperationAST, getVariableValues, parse, validate } from 'graphql';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import manifest from '../../../operations/manifest.json' with { type: 'json' };
import { schema } from '../../../schema/schema.ts';
import { drawnArguments, drawnDocuments, drawnVariables } from '../../support/drawn-requests.ts';
import { jsonText, wrong } from '../../support/drawn-values.ts';
import { startGateway, syncAll, type TestGateway } from '../../support/gateway.ts';
import { useLiveMarket } from '../../support/live-market.ts';

const RUNS_PER_OPERATION = 12;
const DRAWN = 80;

const live = useLiveMarket();
let gateway: TestGateway;
beforeEach(async () => {
  gateway = startGateway(live.upstream);
  await syncAll(gateway);
  // The clock of alarms cannot be set.
  vi.useRealTimers();
});

type Properties = Record<string, unknown>;
interface Answer {
  status: number | null;
  codes: unknown[];
}

const codesOf = (errors: { extensions?: { code?: unknown } }[] = []) =>
  errors.map(({ extensions }) => extensions?.code);
const headers = { Accept: 'application/graphql-response+json' };

async function byHttp(path: string, init: RequestInit): Promise<Answer> {
  const response = await gateway.fetch(path, init);
  const { errors } = await response.json<{ errors?: [] }>();
  return { status: response.status, codes: codesOf(errors) };
}

const TRANSPORTS: Record<string, (properties: Properties) => Promise<Answer>> = {
  POST: (properties) =>
    byHttp('/graphql', {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: jsonText(properties),
    }),
  GET: (properties) => {
    const parameters = new URLSearchParams(
      Object.entries(properties).map(([name, value]) => [
        name,
        typeof value === 'string' && name !== 'variables' ? value : jsonText(value),
      ]),
    );
    return byHttp(`/graphql?${parameters}`, { headers: { ...headers, 'x-graphql-csrf': '1' } });
  },
  WebSocket: async (properties) => {
    const socket = await live.connected();
    socket.send(`{"type":"subscribe","id":"a","payload":${jsonText(properties)}}`);
    const message = await Promise.race([socket.next(), socket.closed]);
    socket.close();
    // A payload that is no operation closes its socket.
    if ('code' in message) return { status: null, codes: [message.code] };
    const errors = message.type === 'error' ? message.payload : message.payload?.errors;
    return { status: null, codes: codesOf(errors) };
  },
};

/** False where graphql-js refuses the variables of a valid document. */
function takes({ query, variables }: { query: string; variables: unknown }): boolean {
  const operation = getOperationAST(parse(query));
  if (!operation || typeof variables !== 'object' || variables === null || Array.isArray(variables))
    return true;
  const sent = JSON.parse(jsonText(variables));
  return getVariableValues(schema, operation.variableDefinitions ?? [], sent).errors === undefined;
}

function expectNoFault({ status, codes }: Answer): void {
  expect(codes).not.toContain('INTERNAL_SERVER_ERROR');
  expect(codes).not.toContain(undefined);
  expect(codes).not.toContain(4500);
  expect(status).not.toBe(500);
}

async function expectCallersFault(
  send: (properties: Properties) => Promise<Answer>,
  properties: Properties,
  query: string,
): Promise<void> {
  const answer = await send(properties);
  expectNoFault(answer);
  const { status, codes } = answer;
  const isValid = validate(schema, parse(query)).length === 0;
  if (!isValid || takes({ query, variables: properties.variables })) return;
  expect(codes[0]).toMatch(/^(BAD_USER_INPUT|OPERATION_TOO_COMPLEX)$/);
  if (status !== null) expect([400, 405]).toContain(status);
}

const WRONG: [query: string, variables: Record<string, unknown>][] = [
  ['query ($p: Period) { price(symbol: "BTC") { history(period: $p) { price } } }', { p: 'MONHT' }],
  ['query ($p: Period!) { price(symbol: "BTC") { history(period: $p) { price } } }', { p: 'toString' }],
  ['query ($p: [String!]!) { prices(symbols: $p) { price } }', { p: { length: 5 } }],
  ['query ($p: Int) { projects(first: $p) { totalCount } }', { p: {} }],
  ['query ($p: Int) { projects(first: $p) { totalCount } }', { p: ['1', '2'] }],
  ['query ($p: IdoPoolStatus) { idoPools(filter: { status: $p }) { totalCount } }', { p: 'active' }],
  ['query ($p: ProjectFilter) { projects(filter: $p) { totalCount } }', { p: { status: 'LIVEE' } }],
  ['query ($p: ProjectOrder) { projects(orderBy: $p) { totalCount } }', { p: { field: 'NAME' } }],
  ['query ($p: ProjectKey!) { project(by: $p) { name } }', { p: { slug: 'a', id: 'b' } }],
  ['query ($p: DateTime) { candles(symbol: "BTC", from: $p) { close } }', { p: 'soon' }],
  ['query ($p: Boolean!) { projects { totalCount @include(if: $p) } }', { p: 'yes' }],
  ['subscription ($p: [String!]!) { priceUpdated(symbols: $p) { price } }', { p: [1] }],
  ['subscription ($p: Currency) { priceUpdated(symbols: "BTC", currency: $p) { price } }', { p: 'DOGE' }],
];

describe.each(Object.entries(TRANSPORTS))('by %s', (_, send) => {
  test('the operations of the build, with whatever variables', async () => {
    for (const { id, document } of manifest.operations) {
      await fc.assert(
        fc.asyncProperty(drawnVariables(schema, document), fc.boolean(), async (variables, byId) => {
          const named = byId ? { documentId: id } : { query: document };
          await expectCallersFault(send, { ...named, variables }, document);
        }),
        { numRuns: RUNS_PER_OPERATION },
      );
    }
  });

  test('whatever documents, with whatever arguments', async () => {
    await fc.assert(
      fc.asyncProperty(drawnDocuments(schema), async ({ query, variables }) => {
        let parsable = true;
        try {
          parse(query);
        } catch {
          parsable = false;
        }
        await expectCallersFault(send, { query, variables }, parsable ? query : '{ nothing }');
      }),
      { numRuns: DRAWN },
    );
  });

  test('whatever value of one argument', async () => {
    await fc.assert(
      fc.asyncProperty(drawnArguments(schema), async ({ query, variables }) => {
        expect(validate(schema, parse(query))).toEqual([]);
        await expectCallersFault(send, { query, variables }, query);
      }),
      { numRuns: 2 * DRAWN },
    );
  });

  test('whatever properties a request has', async () => {
    const property = (...right: unknown[]) =>
      fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...right) }, { weight: 1, arbitrary: wrong });
    const [known] = manifest.operations;
    const hash = known?.id.replace('sha256:', '');
    const requests = fc.record(
      {
        query: property(
          '{ __typename }',
          'query A { __typename } query B { __typename }',
          known?.document,
          '',
        ),
        documentId: property(known?.id, `app~1.0~${known?.id}`, 'unknown'),
        doc_id: property(known?.id, 7),
        id: property(hash, 'constructor'),
        operationName: property('A', 'B', known?.name, 'toString'),
        variables: property({}, null),
        extensions: property({}, { persistedQuery: { version: 1, sha256Hash: hash } }, { resumeFrom: 'x' }),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(requests, async (properties) => expectNoFault(await send(properties))),
      { numRuns: DRAWN },
    );
  });

  test('a wrong value', async () => {
    for (const [query, variables] of WRONG) {
      const { status, codes } = await send({ query, variables });
      expect(codes, query).toEqual(['BAD_USER_INPUT']);
      if (status !== null && query.startsWith('query')) expect(status).toBe(400);
    }
  });
});

test('whatever a body is', async () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.constantFrom('', 'null', '[]', '{"query":', '1e999'),
  );
  await fc.assert(
    fc.asyncProperty(texts, fc.constantFrom('application/json', 'text/plain'), async (body, type) => {
      const init = { method: 'POST', headers: { ...headers, 'Content-Type': type }, body };
      expectNoFault(await byHttp('/graphql', init));
    }),
    { numRuns: DRAWN },
  );
});
