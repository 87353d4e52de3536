/** Several sign-ins in one request, and sessions that are over: each shows its own alone, or nothing. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { PASSWORD } from '../../support/accounts.ts';
import { startGateway, syncAll, type TestGateway } from '../../support/gateway.ts';
import { createMarket } from '../../support/market.ts';
import { askAs, bearer, codesOf } from '../../support/rights/ask-as.ts';
import { openSession, type People, registerPeople } from '../../support/rights/people.ts';

let gateway: TestGateway;
let people: People;
beforeAll(async () => {
  const market = await createMarket({ projectCount: 20, poolCount: 10 });
  gateway = startGateway(market);
  await syncAll(gateway);
  people = await registerPeople(gateway, market);
});

const { headersOf, userId, asked } = askAs(() => ({ gateway, people }));

describe('two sign-ins in one request', () => {
  const SIGNED_IN = `... on AuthPayload { accessToken viewer {
    id email walletAddresses permissions sessions { id current } investments { nodes { id pool { name } } }
  } }`;
  interface SignedIn {
    viewer: {
      id: string;
      sessions: { id: string; current: boolean }[];
      investments: { nodes: { id: string }[] };
    };
  }
  const logIn = (alias: string, { email }: { email: string }) =>
    `${alias}: login(input: { email: "${email}", password: "${PASSWORD}" }) { ${SIGNED_IN} }`;

  test.each(['stranger', 'moderator', 'user'] as const)(
    'of a %s show each their own, and change no viewer',
    async (asker) => {
      const { user, other } = people.of;
      // A sign-in ends the session that it was asked with.
      const headers =
        asker === 'stranger' ? {} : bearer((await openSession(people.of[asker].id)).accessToken);
      const query = `mutation { ${logIn('a', other)} ${logIn('b', user)} ${logIn('c', other)}
      d: updateProfile(input: {}) { ... on ProfilePayload { viewer { id email sessions { id } } } } }`;
      const { data, errors } = await gateway.post({ query }, headers);
      const codes = codesOf(errors);
      if (asker === 'stranger' || asker === 'user') {
        // A sign-in makes nobody the viewer of its request, and ends the session of a user who signs in again.
        expect([data, codes]).toEqual([null, ['UNAUTHENTICATED']]);
        return;
      }
      const { a, b, c, d } = data as Record<string, SignedIn>;
      for (const [answer, person] of [
        [a, other],
        [b, user],
        [c, other],
      ] as const) {
        expect(answer?.viewer).toMatchObject({ id: encodeGlobalId('User', person.id), email: person.email });
        expect(answer?.viewer.investments.nodes.map(({ id }) => id).sort()).toEqual(
          person.investmentIds.toSorted(),
        );
        expect(answer?.viewer.sessions.filter(({ current }) => current)).toHaveLength(1);
      }
      const ofUser = new Set(b?.viewer.sessions.map(({ id }) => id));
      expect(a?.viewer.sessions.filter(({ id }) => ofUser.has(id))).toEqual([]);
      expect(d?.viewer).toMatchObject({ id: userId(asker), email: people.of[asker].email });
      expect(codes).toEqual([]);
    },
  );

  test('of a stranger show each their own', async () => {
    const { user, other } = people.of;
    const { data } = await asked('stranger', `mutation { ${logIn('a', other)} ${logIn('b', user)} }`);
    const { a, b } = data as Record<string, SignedIn>;
    expect([a?.viewer.id, b?.viewer.id]).toEqual([userId('other'), userId('user')]);
    expect(a?.viewer.investments.nodes.map(({ id }) => id).sort()).toEqual(other.investmentIds.toSorted());
  });
});

describe('a session that is over', () => {
  const PRIVATE = [
    '{ viewer { id } }',
    '{ viewer { id } projects(first: 1) { totalCount } }',
    'mutation { updateProfile(input: { displayName: "X" }) { __typename } }',
    'mutation { createWalletChallenge(input: { address: "0x0" }) { message } }',
  ];
  const ENDS: [string, (token: { accessToken: string; sessionId: string }) => Promise<unknown>][] = [
    ['by logout', ({ accessToken }) => gateway.post({ query: 'mutation { logout }' }, bearer(accessToken))],
    [
      'by another of the user',
      ({ sessionId }) => {
        const query = `mutation { endSession(sessionId: "${encodeGlobalId('Session', sessionId)}") }`;
        return gateway.post({ query }, headersOf('other'));
      },
    ],
    [
      'by its expiry in D1',
      async ({ sessionId }) => {
        await env.DB.prepare('UPDATE user_session SET expires_at = 1 WHERE id = ?1').bind(sessionId).run();
        await gateway.advance(30);
      },
    ],
  ];

  test('changes nothing more, not even in the request that ends it', async () => {
    const { accessToken } = await openSession(people.of.other.id);
    const query = 'mutation { logout updateProfile(input: { displayName: "Late" }) { __typename } }';
    const { data, errors } = await gateway.post({ query }, bearer(accessToken));
    expect([data, codesOf(errors)]).toEqual([null, ['UNAUTHENTICATED']]);
    expect((await asked('other', '{ viewer { displayName } }')).data).toEqual({
      viewer: { displayName: 'other' },
    });
    const name = 'SELECT display_name FROM user_account WHERE id = ?1';
    expect(await env.DB.prepare(name).bind(people.of.other.id).first('display_name')).toBe('other');
  });

  test.each(ENDS)('%s is refused, and not answered as a stranger', async (_how, end) => {
    const session = await openSession(people.of.other.id);
    const asking = bearer(session.accessToken);
    expect((await gateway.post({ query: '{ viewer { id } }' }, asking)).data).toEqual({
      viewer: { id: userId('other') },
    });
    await end(session);
    for (const query of [...PRIVATE, `{ node(id: "${userId('other')}") { id } }`]) {
      const { status, data, errors } = await gateway.post({ query }, asking);
      expect([status, data, codesOf(errors)], query).toEqual([401, undefined, ['UNAUTHENTICATED']]);
    }
    const { data } = await gateway.post({ query: '{ projects(first: 1) { totalCount } }' }, asking);
    expect(data).toEqual({ projects: { totalCount: expect.any(Number) } });
  });
});
