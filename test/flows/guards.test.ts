import { getIntrospectionQuery } from 'graphql';
import { describe, expect, test } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import restManifest from '../../operations/rest/manifest.json' with { type: 'json' };
import { startGateway } from '../support/gateway.ts';
import { ANYTHING, restVariables } from '../support/rest-variables.ts';
import { FIRST_SYNC, startServing } from '../support/serving-bench.ts';
import { registered, startWire, type WireAnswer, wireRequest } from '../support/wire-bench.ts';

const times = (count: number, text: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => text(at));
const nested = (levels: number, field = 'nodes') =>
  `${`${field} { `.repeat(levels)}__typename${' }'.repeat(levels)}`;
const aliases = (count: number, field: string) => `{ ${times(count, (at) => `a${at}: ${field}`).join(' ')} }`;
/** Twelve levels, the first of them a root field. */
const deep = (levels: number) =>
  `{ idoPools(first: 1) { nodes { ${'project { idoPools(first: 1) { '.repeat((levels - 4) / 2)} project { id } ${'} } '.repeat((levels - 4) / 2)} } } }`;

const outcome = ({ status, body }: WireAnswer) => {
  expect(body).not.toHaveProperty('data');
  expect(body.errors).toHaveLength(1);
  return [status, body.errors?.[0]?.extensions.code, body.errors?.[0]?.message];
};
const TOO_COMPLEX = [400, 'OPERATION_TOO_COMPLEX'];
const BAD_INPUT = [400, 'BAD_USER_INPUT'];
const ACCEPT = { Accept: 'application/graphql-response+json' };

/** Each is refused for what it is before anything runs; the document, and what of the message tells the rule. */
const ABUSES: Record<string, [query: string, refusal: unknown[], rule: RegExp]> = {
  '101 aliases of __typename': [aliases(101, '__typename'), TOO_COMPLEX, /30 aliases/],
  '101 aliases of a field': [aliases(101, 'projectCategories { name }'), TOO_COMPLEX, /30 aliases/],
  'aliases in a fragment that is spread again and again': [
    `{ ...F ${times(3, (at) => `p${at}: price(symbol: "BTC") { ...P }`).join(' ')} }
    fragment F on Query { __typename } fragment P on Price { ${times(10, (at) => `a${at}: price`).join(' ')} }`,
    TOO_COMPLEX,
    /30 aliases/,
  ],
  '500 repeated fields': [`{ ${'__typename '.repeat(500)} }`, TOO_COMPLEX, /50 repetitions/],
  'a field repeated through fragments': [
    `{ ${'...F '.repeat(20)} } fragment F on Query { __typename __typename __typename }`,
    TOO_COMPLEX,
    /50 repetitions/,
  ],
  '21 fields at the root': [
    `{ ${times(21, (at) => (at < 20 ? 'projectCategories { name }' : '__typename')).join(' ')} }`,
    TOO_COMPLEX,
    /20 fields at its root/,
  ],
  '10 directives on a field': [
    `{ __typename ${'@include(if: true) '.repeat(10)} }`,
    TOO_COMPLEX,
    /5 directives/,
  ],
  '10 directives on an operation': [
    `query ${'@nothing '.repeat(10)} { __typename }`,
    TOO_COMPLEX,
    /5 directives/,
  ],
  '10 directives on a variable': [
    `query ($a: Int ${'@nothing '.repeat(10)}) { projects(first: $a) { totalCount } }`,
    TOO_COMPLEX,
    /5 directives/,
  ],
  '30 levels': [`{ ${nested(30)} }`, TOO_COMPLEX, /12 levels/],
  '14 levels that exist': [deep(14), TOO_COMPLEX, /12 levels/],
  '30 levels in fragments': [
    `{ ...F0 } ${times(30, (at) => `fragment F${at} on Query { nodes { ...F${at + 1} } }`).join(' ')}
    fragment F30 on Query { __typename }`,
    TOO_COMPLEX,
    /12 levels/,
  ],
  '500 levels': [`{ ${nested(490)} }`, TOO_COMPLEX, /12 levels/],
  'a fragment within itself': ['{ ...F } fragment F on Query { ...F }', BAD_INPUT, /within itself/],
  'circular fragments': [
    '{ ...A } fragment A on Query { ...B } fragment B on Query { ...C } fragment C on Query { ...A }',
    BAD_INPUT,
    /within itself/,
  ],
  'circular fragments that nothing spreads': [
    '{ __typename } fragment A on Query { ...B } fragment B on Query { ...A }',
    BAD_INPUT,
    /within itself/,
  ],
  'fragments that double at every step': [
    `{ ...F0 } ${times(60, (at) => `fragment F${at} on Query { ...F${at + 1} ...F${at + 1} }`).join(' ')}
    fragment F60 on Query { __typename }`,
    TOO_COMPLEX,
    /50 repetitions/,
  ],
  '2,001 tokens': [`{ ${'__typename '.repeat(1_999)} }`, TOO_COMPLEX, /2000 tokens/],
  'lists of lists': [
    '{ projects(first: 100) { nodes { idoPools(first: 100) { id name } } } }',
    TOO_COMPLEX,
    /costs 20201; 10000/,
  ],
  ...Object.fromEntries(
    ['toString', 'constructor', '__proto__', 'hasOwnProperty'].map((name) => [
      `lists of lists beside a variable called ${name}`,
      [
        `query ($${name}: Int) { other: projects(first: $${name}) { totalCount }
          projects(first: 100) { nodes { idoPools(first: 100) { id name } } } }`,
        TOO_COMPLEX,
        /costs 20222; 10000/,
      ],
    ]),
  ),
  'fields that overlap in a thousand pairs': [
    `{ ${times(20, () => `price(symbol: "BTC") { ${'price '.repeat(49)} }`).join(' ')} }`,
    TOO_COMPLEX,
    /overlap/,
  ],
  'many faults': [`{ ${times(20, (at) => `x${at} { ${'y '.repeat(40)} }`).join(' ')} }`, BAD_INPUT, /x0/],
};

describe.each(['open', 'audit', 'safelist'] as const)('in the mode %s', (mode) => {
  test.each(Object.entries(ABUSES))('%s', async (_, [query, refusal, rule]) => {
    const wire = await startWire(mode);
    const answer = await wire.send(...wireRequest('POST', { query }, { headers: ACCEPT }));
    const [status, code, message] = outcome(answer);
    if (mode === 'safelist') expect([status, code]).toEqual([403, 'QUERY_NOT_IN_SAFELIST']);
    else {
      expect([status, code]).toEqual(refusal);
      expect(message).toMatch(rule);
    }
    expect(wire.runs()).toBe(0);
  });

  test('what is no single JSON operation', async () => {
    const wire = await startWire(mode);
    const query = '{ __typename }';
    const bodies: [string, string, number][] = [
      ['application/json', JSON.stringify([{ query }, { query }]), 400],
      ['application/x-www-form-urlencoded', 'query=mutation%20%7B%20__typename%20%7D', 415],
      ['text/plain', JSON.stringify({ query }), 415],
      ['multipart/form-data; boundary=x', '--x--', 415],
      ['application/json', JSON.stringify({ query, padding: 'x'.repeat(5_000_000) }), 413],
    ];
    for (const [type, body, status] of bodies) {
      const headers = { ...ACCEPT, 'Content-Type': type };
      const answer = await wire.send('/graphql', { method: 'POST', headers, body });
      expect(outcome(answer)[0]).toBe(status);
    }
    expect(wire.runs()).toBe(0);
    expect(wire.lookups()).toEqual([]);
  });

  test('a mutation by GET', async () => {
    const wire = await startWire(mode);
    const mutation = registered('mutation Pay { pay }', 'pay', { kind: 'mutation' });
    const withMutation = await startWire(mode, [mutation]);
    const byId = await withMutation.send(...wireRequest('GET', { id: 'pay' }));
    const byText = await wire.send(...wireRequest('GET', { query: 'mutation { __typename }' }));
    for (const answer of mode === 'safelist' ? [byId] : [byId, byText]) {
      expect(outcome(answer).slice(0, 2)).toEqual([405, 'BAD_USER_INPUT']);
      expect(answer.headers.get('allow')).toBe('POST');
    }
    expect(wire.runs() + withMutation.runs()).toBe(0);
  });
});

describe('what stays within the limits', () => {
  const ORDINARY: Record<string, string> = {
    '30 aliases': `{ price(symbol: "BTC") { ${times(30, (at) => `a${at}: price`).join(' ')} } }`,
    '20 fields at the root': `{ ${'projectCategories { name } '.repeat(20)} }`,
    '50 repetitions': `{ price(symbol: "BTC") { ${'price '.repeat(50)} } }`,
    '5 directives': `{ ${'...F '.repeat(3)} } fragment F on Query { __typename @include(if: true) @skip(if: false) }`,
    '12 levels': deep(12),
    'a fragment spread in many places': `{ ${times(10, (at) => `p${at}: price(symbol: "BTC") { ...P }`).join(' ')} }
      fragment P on Price { price symbol currency }`,
  };
  test.each(Object.entries(ORDINARY))('%s', async (_, query) => {
    const wire = await startWire('open');
    await wire.send(...wireRequest('POST', { query }));
    expect(wire.runs()).toBe(1);
  });

  test.each(manifest.operations)('the operation $name, sent as a document', async ({ document }) => {
    const wire = await startWire('audit');
    const variables = { symbol: 'BTC', id: 'x', by: { slug: 'x' }, query: 'bit', symbols: ['BTC', 'ETH'] };
    await wire.send(...wireRequest('POST', { query: document, variables }));
    expect(wire.runs()).toBe(1);
  });

  test.each(restManifest.operations)('the operation $name of /api', async ({ name, document }) => {
    const wire = await startWire('audit');
    const variables = restVariables(name, ANYTHING, 3);
    await wire.send(...wireRequest('POST', { query: document, variables }));
    expect(wire.runs()).toBe(1);
  });
});

describe('introspection', () => {
  const GRAPHIQLS = getIntrospectionQuery({
    descriptions: true,
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
    oneOf: true,
  });

  test('GraphiQL’s passes in open', async () => {
    const wire = await startWire('open');
    const { body } = await wire.send(...wireRequest('POST', { query: GRAPHIQLS }));
    expect(body.errors).toBeUndefined();
    expect(body).toHaveProperty('data.__schema.types');
  });

  test.each([
    GRAPHIQLS,
    '{ s: __schema { description } }',
    '{ ...F } fragment F on Query { __type(name: "A") { name } }',
  ])('is off elsewhere: %#', async (query) => {
    const document = await startWire('audit');
    const answer = await document.send(...wireRequest('POST', { query }, { headers: ACCEPT }));
    expect(outcome(answer)).toEqual([400, 'BAD_USER_INPUT', 'Introspection is off.']);
    expect(document.runs()).toBe(0);
  });

  test.each([
    `{ __type(name: "Query") { ${nested(30, 'ofType').replace('__typename', 'name')} } }`,
    `{ __schema { types { ${'fields { type { '.repeat(4)} name ${'} } '.repeat(4)} } } }`,
  ])('goes no deeper than tools do: %#', async (query) => {
    const wire = await startWire('open');
    const answer = await wire.send(...wireRequest('POST', { query }, { headers: ACCEPT }));
    expect(outcome(answer)[0]).toBe(400);
    expect(wire.runs()).toBe(0);
  });

  test('suggests names in open alone', async () => {
    for (const mode of ['open', 'audit'] as const) {
      const wire = await startWire(mode);
      const requests = [
        { query: '{ projcts { totalCount } }' },
        {
          query:
            'query ($o: SortDirection) { projects(orderBy: { field: NAME, direction: $o }) { totalCount } }',
        },
        {
          query: 'query ($c: Currency) { price(symbol: "BTC", currency: $c) { price } }',
          variables: { c: 'USDD' },
        },
      ];
      for (const request of requests) {
        const { body } = await wire.send(...wireRequest('POST', request));
        if (mode === 'audit') expect(JSON.stringify(body)).not.toContain('Did you mean');
        else if (request !== requests[1]) expect(JSON.stringify(body)).toContain('Did you mean');
      }
    }
  });
});

test('a refused document costs no call of D1, KV or an upstream, but for the count of refusals', async () => {
  const serving = await startServing({ crons: FIRST_SYNC });
  const gateway = startGateway(serving.market, { OPERATIONS_MODE: 'open' });
  gateway.resetCounts();
  for (const [query, [, code]] of Object.values(ABUSES)) {
    const { errors } = await gateway.query(query);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual([code]);
  }
  // Written at most once in a minute, and the clock stands still here.
  expect(gateway.counts).toMatchObject({ d1Calls: 1, kvReads: 0, kvWrites: 0 });
  expect(await serving.upstreamCalls()).toEqual({});
});
