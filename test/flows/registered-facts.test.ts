/** Bounds and costs of registered operations when they run, also of those that another build registered. */
import { expect, test, vi } from 'vitest';
import { sha256Id } from '../../src/operations/operation-id.ts';
import { registered, startWire, type WireAnswer, wireRequest } from '../support/wire-bench.ts';

const ACCEPT = { Accept: 'application/graphql-response+json' };

function expectTooComplex({ status, body }: WireAnswer, argumentPath: readonly string[]) {
  expect(body).not.toHaveProperty('data');
  expect([status, body.errors]).toMatchObject([
    400,
    [{ extensions: { code: 'OPERATION_TOO_COMPLEX', argumentPath } }],
  ]);
}

test('a list variable, or a page, beyond what its operation was registered with is named', async () => {
  const document =
    'query Lists($first: Int, $symbols: [String!]!) { projects(first: $first) { totalCount } prices(symbols: $symbols) { price } }';
  const operation = registered(document, await sha256Id(document), {
    variableBounds: { first: 50, symbols: 3 },
  });
  const wire = await startWire('id_only', [operation]);
  const send = (variables: object) =>
    wire.send(...wireRequest('POST', { documentId: operation.id, variables }, { headers: ACCEPT }));
  for (const [variables, name] of [
    [{ first: 51, symbols: [] }, 'first'],
    [{ symbols: ['A', 'B', 'C', 'D'] }, 'symbols'],
  ] as const) {
    const answer = await send(variables);
    expectTooComplex(answer, [name]);
  }
  expect(wire.runs()).toBe(0);
  await send({ first: 50, symbols: ['A', 'B', 'C'] });
  expect(wire.runs()).toBe(1);
});

test.each([
  ['a list beyond them', { first: 11 }, ['first']],
  ['a page beyond them of a variable called like a member of every object', { toString: 101 }, ['toString']],
])(
  'the bounds of an operation that an older build registered are this build’s: %s',
  async (_, variables, path) => {
    const document =
      'query Lists($first: [String!]!, $toString: Int) { comparePrices(symbols: $first) { period } projects(first: $toString) { totalCount } }';
    const operation = registered(document, 'older', { schemaHash: 'older', variableBounds: { first: 50 } });
    const wire = await startWire('id_only', [operation]);
    const sent = Object.entries(variables).map(([name, size]) => [
      name,
      name === 'first' ? Array.from({ length: size }, () => 'BTC') : size,
    ]);
    const properties = { documentId: 'older', variables: Object.fromEntries(sent) };
    const answer = await wire.send(...wireRequest('POST', properties, { headers: ACCEPT }));
    expectTooComplex(answer, path);
  },
);

test('a registered operation that costs too much by now goes on running, and is logged once', async () => {
  const document = 'query Dear { projects(first: 100) { nodes { idoPools(first: 100) { id name } } } }';
  const operations = ['older', 'of-the-bench'].map((schemaHash) =>
    registered(document, schemaHash, { schemaHash, cost: 7 }),
  );
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const wire = await startWire('id_only', operations);
  for (const { id } of [...operations, ...operations]) {
    await wire.send(...wireRequest('POST', { documentId: id }));
  }
  expect(wire.runs()).toBe(4);
  const lines = warn.mock.calls.map(([line]) => JSON.parse(line));
  expect(lines.filter(({ event }) => event.startsWith('operations.'))).toEqual([
    {
      level: 'warn',
      event: 'operations.cost_exceeded',
      traceId: expect.stringMatching(/^[\da-f]{32}$/),
      id: 'older',
      name: 'Dear',
      cost: 20_201,
      registeredCost: 7,
    },
  ]);
  warn.mockRestore();
});

test('an operation that asks for what this build’s schema has not is refused, and logged once', async () => {
  const document = 'query Newer { projects(first: 1) { totalCount newer } }';
  const operation = registered(document, 'newer', { schemaHash: 'newer' });
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const wire = await startWire('id_only', [operation]);
  for (let request = 0; request < 2; request += 1) {
    const answer = await wire.send(...wireRequest('POST', { documentId: 'newer' }, { headers: ACCEPT }));
    expect([answer.status, answer.body]).toMatchObject([
      400,
      { errors: [{ message: expect.stringContaining('"newer"'), extensions: { code: 'BAD_USER_INPUT' } }] },
    ]);
  }
  expect(wire.runs()).toBe(0);
  const events = warn.mock.calls.map(([line]) => JSON.parse(line).event);
  expect(events.filter((event) => event === 'operations.schema_differs')).toHaveLength(1);
  warn.mockRestore();
});
