/** Ways to see what is somebody else's, each of which has to fail. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { encodeBase64Url, encodeGlobalId } from '../../../schema/global-ids.ts';
import { startGateway, syncAll, type TestGateway } from '../../support/gateway.ts';
import { createMarket, type TestMarket } from '../../support/market.ts';
import { askAs, bearer, codesOf } from '../../support/rights/ask-as.ts';
import { ASKERS, type Asker, openSession, type People, registerPeople } from '../../support/rights/people.ts';

let market: TestMarket;
let gateway: TestGateway;
let people: People;
beforeAll(async () => {
  market = await createMarket({ projectCount: 20, poolCount: 10 });
  gateway = startGateway(market);
  await syncAll(gateway);
  people = await registerPeople(gateway, market);
});

const { headersOf, userId, asked } = askAs(() => ({ gateway, people }));

describe('an object that one may not see', () => {
  const NODE = `query ($id: ID!) { node(id: $id) { __typename id ... on User { email sessions { id } }
    ... on Investment { amount pool { name } } } }`;
  const HIDDEN = {
    User: () => userId('user'),
    Investment: () => people.of.user.investmentIds[0] ?? '',
  };

  test.each([
    ['User', 'stranger'],
    ['User', 'other'],
    ['User', 'moderator'],
    ['Investment', 'stranger'],
    ['Investment', 'other'],
    ['Investment', 'moderator'],
    ['Investment', 'admin'],
  ] as const)('a %s is for the %s as one that does not exist', async (type, asker) => {
    const ask = async (id: string) => {
      gateway.resetCounts();
      const answer = await gateway.fetch('/graphql', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headersOf(asker) },
        body: JSON.stringify({ query: NODE, variables: { id } }),
      });
      const { d1Calls, kvReads, kvWrites, durableObjectCalls } = gateway.counts;
      const headers = [...answer.headers].filter(
        ([name]) => name !== 'x-request-id' && name !== 'x-trace-id',
      );
      const calls = { d1Calls, kvReads, kvWrites, durableObjectCalls };
      return { status: answer.status, headers, text: await answer.text(), calls };
    };
    await ask('warm');
    const answer = await ask(HIDDEN[type]());
    expect(answer.text).toBe('{"data":{"node":null}}');
    expect(answer).toEqual(await ask(encodeGlobalId(type, crypto.randomUUID())));
  });

  test('is null among others, position by position', async () => {
    const { user, other } = people.of;
    const ids = [
      userId('user'),
      userId('other'),
      ...[user.investmentIds[0], other.investmentIds[0]],
      encodeGlobalId('User', 'usr_nobody'),
      encodeGlobalId('User', `${user.id} `),
      userId('user'),
    ];
    const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }';
    const { data, codes } = await asked('other', query, { ids });
    const own = [
      { __typename: 'User', id: userId('other') },
      { __typename: 'Investment', id: other.investmentIds[0] },
    ];
    expect([data, codes]).toEqual([{ nodes: [null, own[0], null, own[1], null, null, null] }, []]);
  });

  test('is not shown by fragments, aliases or directives', async () => {
    const query = `query ($id: ID!, $yes: Boolean = true) {
      a: node(id: $id) { ...OfNode } b: node(id: $id) { ... on Node { ... on User { ...OfUser } } }
      c: node(id: $id) @include(if: $yes) { __typename @skip(if: false) } d: node(id: $id) { __typename }
    }
    fragment OfNode on Node { id ...OfUser } fragment OfUser on User { email sessions { ipAddress } }`;
    for (const asker of ['stranger', 'other', 'moderator'] as const)
      expect(await asked(asker, query, { id: userId('user') })).toEqual({
        data: { a: null, b: null, c: null, d: null },
        codes: [],
      });
  });

  test.each(['Session', 'AuthPayload', 'constructor', '__proto__', 'toString'])(
    'has no id of the kind %s',
    async (kind) => {
      const { sessionId } = await openSession(people.of.user.id);
      const id = encodeBase64Url(`${kind}:${sessionId}`);
      const query = 'query ($id: ID!) { node(id: $id) { __typename } }';
      expect(await asked('user', query, { id })).toEqual({ data: { node: null }, codes: [] });
    },
  );

  test('is not reached by the cursor of its owner', async () => {
    const page = (asker: Asker, after: string | null) =>
      asked(
        asker,
        'query ($after: String) { viewer { investments(first: 1, after: $after) { edges { cursor node { id } } } } }',
        { after },
      );
    interface Page {
      viewer: { investments: { edges: { cursor: string; node: { id: string } }[] } };
    }
    const { data } = await page('user', null);
    const cursor = (data as unknown as Page).viewer.investments.edges[0]?.cursor ?? '';
    const next = (await page('other', cursor)).data as unknown as Page;
    for (const { node } of next.viewer.investments.edges)
      expect(people.of.other.investmentIds).toContain(node.id);
  });
});

test('an account is the same through viewer, node and nodes', async () => {
  const fields = `id email walletAddresses displayName avatarUrl kycLevel userLevel permissions createdAt
    sessions { id ipAddress userAgent current } investments { totalCount nodes { id transactionHash } }
    portfolio { investedUsd } transactions { nodes { id } }`;
  for (const asker of ['user', 'other', 'moderator', 'admin'] as const) {
    const id = userId(asker);
    const query = `query ($id: ID!) { viewer { ...F } node(id: $id) { ...F } nodes(ids: [$id]) { ...F } }
      fragment F on User { ${fields} }`;
    const { data, codes } = await asked(asker, query, { id });
    const { viewer, node, nodes } = data as Record<string, unknown>;
    expect(viewer).toMatchObject({ id, investments: { totalCount: 2 } });
    expect([node, nodes, codes]).toEqual([viewer, [viewer], []]);
  }
});

describe('an admin', () => {
  const OWN = `investments { totalCount } sessions { ipAddress } portfolio { investedUsd }
    transactions { nodes { id } }`;

  test.each([
    ['before', 'theirs: node(id: $id) { ...Own } mine: viewer { ...Own }'],
    ['after', 'mine: viewer { ...Own } theirs: node(id: $id) { ...Own }'],
  ])('reads no sessions and no money of others, %s their own', async (_order, fields) => {
    const query = `query ($id: ID!) { ${fields} } fragment Own on User { email ${OWN} }`;
    const { data, codes } = await asked('admin', query, { id: userId('user') });
    expect(codes).toEqual(Array(4).fill('FORBIDDEN'));
    expect(data).toMatchObject({
      mine: {
        ...{ email: people.of.admin.email, investments: { totalCount: 2 } },
        transactions: { nodes: [{ id: expect.any(String) }] },
      },
      theirs: {
        ...{ email: people.of.user.email, investments: null, sessions: null },
        ...{ portfolio: null, transactions: null },
      },
    });
  });

  test('loses the right with the next mutation at once, and for reads within 30 s', async () => {
    const { id, email } = people.of.admin;
    const { accessToken } = await openSession(id);
    const read = async () => {
      const query = `{ node(id: "${userId('user')}") { id } }`;
      return (await gateway.post({ query }, bearer(accessToken))).data.node;
    };
    const permissionsAfterMutation = async () => {
      const query =
        'mutation { updateProfile(input: {}) { ... on ProfilePayload { viewer { permissions } } } }';
      const { data } = await gateway.post({ query }, bearer(accessToken));
      return (data as { updateProfile: { viewer: { permissions: string[] } } }).updateProfile.viewer
        .permissions;
    };
    /** As the hourly job, or a login elsewhere, writes them. */
    const setPermissions = (permissions: string[]) =>
      env.DB.prepare('UPDATE user_account SET permissions = ?1 WHERE email = ?2')
        .bind(JSON.stringify(permissions), email)
        .run();
    expect(await read()).not.toBeNull();
    await setPermissions(['read']);
    expect(await read(), 'a copy of the session').not.toBeNull();
    await gateway.advance(30);
    expect(await read()).toBeNull();
    await setPermissions(['read', 'admin']);
    expect(await permissionsAfterMutation()).toEqual(['READ', 'ADMIN']);
    expect(await read()).not.toBeNull();
    await setPermissions(['read']);
    expect(await permissionsAfterMutation()).toEqual(['READ']);
    expect(await read()).toBeNull();
    await setPermissions(['read', 'admin']);
  });
});

test.each([
  ['safelist', 'QUERY_NOT_IN_SAFELIST'],
  ['id_only', 'PERSISTED_QUERY_ID_REQUIRED'],
])('nobody reads the schema in mode %s, and nobody writes a document', async (mode, code) => {
  const atMs = Date.now();
  const closed = startGateway(market, { OPERATIONS_MODE: mode });
  vi.setSystemTime(atMs);
  for (const asker of ASKERS)
    for (const query of [
      '{ __schema { types { name } } }',
      '{ __type(name: "User") { fields { name } } }',
      `{ node(id: "${userId('user')}") { ... on User { email } } }`,
    ]) {
      const { data, errors } = await closed.post({ query }, headersOf(asker));
      expect([data, codesOf(errors)], asker).toEqual([undefined, [code]]);
    }
});
