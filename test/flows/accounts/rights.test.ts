/** Who sees what: every field and mutation of the schema, asked by five people, over every transport, every route of `/api`, and those of files. */
import { describe, expect, test } from 'vitest';
import { encodeGlobalId, localId } from '../../../schema/global-ids.ts';
import { schema } from '../../../schema/schema.ts';
import type { ClientSocket } from '../../support/client-socket.ts';
import { CRONS, startGateway, syncAll, type TestGateway } from '../../support/gateway.ts';
import { isolateWithAccounts } from '../../support/isolates.ts';
import { useLiveMarket } from '../../support/live-market.ts';
import { ENTRIES } from '../../support/rights/entries.ts';
import { FIELD_ARGUMENTS, type Held } from '../../support/rights/field-arguments.ts';
import { documentFor } from '../../support/rights/field-document.ts';
import { FILE_KEYS, fileRouteRowsOf } from '../../support/rights/file-route-rows.ts';
import { holdMessages } from '../../support/rights/held-messages.ts';
import { holdOneOfEach, reserveIn, symbolWithExchanges } from '../../support/rights/held-objects.ts';
import { ASKERS, type Asker, registerPeople } from '../../support/rights/people.ts';
import { printRights, rowsOf, type SendOf, withoutAnswer } from '../../support/rights/rights-table.ts';
import { routeRowsOf } from '../../support/rights/route-rows.ts';
import { coordinatesOf, type Way, waysThrough } from '../../support/rights/schema-walk.ts';
import { subscriptionRow } from '../../support/rights/subscription-rows.ts';
import {
  byEventStream,
  byGet,
  byPost,
  bySocket,
  PREFLIGHT,
  type Send,
} from '../../support/rights/transports.ts';
import { wronglyNamed } from '../../support/rights/unanswered.ts';

const live = useLiveMarket();
const WAYS = waysThrough(schema, ENTRIES, new Set(Object.keys(FIELD_ARGUMENTS)));
const MINUTES_OF_A_SLOW_MACHINE_MS = 180_000;

let gateway: TestGateway;
let held: Held;
/** All that each asker was answered. */
let heard: Record<Asker, string[]>;

/** The first test's market and people are those of the others too: a night's sync takes long. */
async function setStage(): Promise<void> {
  isolateWithAccounts();
  heard = Object.fromEntries(ASKERS.map((asker) => [asker, []])) as unknown as typeof heard;
  if (held !== undefined) return;
  const realNow = Math.floor(Date.now() / 1000);
  gateway = startGateway(live.upstream, FILE_KEYS);
  await gateway.advance(realNow - live.upstream.startAt);
  const ids = await holdOneOfEach(live.upstream);
  await syncAll(gateway);
  await gateway.scheduled(CRONS.nightly);
  const people = await registerPeople(gateway, live.upstream);
  await reserveIn(ids.poolId, people.of.user.id);
  const chat = await holdMessages(gateway, people, ids.projectId);
  held = { gateway, people, ...ids, chat, symbol: await symbolWithExchanges(gateway) };
}

const tokenOf = (asker: Asker) => (asker === 'stranger' ? null : held.people.of[asker].accessToken);

const noting =
  (send: Send): SendOf =>
  async (document, token, asker) => {
    const answer = await send(document, token);
    heard[asker].push(JSON.stringify(answer));
    return answer;
  };

/** And the user has seen each of them, so that the check can fail. */
function expectNoCanaryElsewhere(): void {
  const { accountCanaries, ownCanaries, of } = held.people;
  const { heldBackText } = held.chat;
  const seenBy = (text: string) =>
    ASKERS.filter((asker) => heard[asker].some((answer) => answer.includes(text)));
  for (const canary of accountCanaries)
    expect(['user', 'user,admin'], `${canary} is for ${seenBy(canary)}`).toContain(seenBy(canary).join());
  for (const canary of ownCanaries) expect(seenBy(canary), canary).toEqual(['user']);
  expect(['', 'user,moderator'], `it is for ${seenBy(heldBackText)}`).toContain(seenBy(heldBackText).join());
  // In the URLs of their files.
  expect(seenBy(of.user.id)).toEqual(['user', 'admin']);
}

/** By `/api`, which shows the user to nobody else. Its ids are those of D1. */
function expectNoCanaryByApi(heardByApi: Record<Asker, string[]>): void {
  const { accountCanaries, ownCanaries, of } = held.people;
  const { id, email, investmentIds } = of.user;
  const localIds = [id, ...investmentIds.map((globalId) => localId('Investment', globalId) ?? '')];
  const seenBy = (text: string) =>
    ASKERS.filter((asker) => heardByApi[asker].some((answer) => answer.includes(text)));
  for (const canary of [email, ...localIds]) expect(seenBy(canary), canary).toEqual(['user']);
  for (const canary of [...accountCanaries, ...ownCanaries])
    expect(['', 'user'], `${canary} is for ${seenBy(canary)}`).toContain(seenBy(canary).join());
}

test(
  'each field and each route has the decision that docs/rights.md shows',
  async () => {
    await setStage();
    const send = noting(byPost(gateway));
    const isSubscription = ({ entry }: Way) => entry.type === 'Subscription';
    const rows = await rowsOf(
      held,
      WAYS.filter((way) => !isSubscription(way)),
      send,
    );
    for (const way of WAYS.filter(isSubscription)) rows.push(await subscriptionRow(held, way, live));
    expectNoCanaryElsewhere();
    const heardByApi = { stranger: [], user: [], other: [], moderator: [], admin: [] } as Record<
      Asker,
      string[]
    >;
    const routes = await routeRowsOf(held, (asker, text) => heardByApi[asker].push(text));
    expectNoCanaryByApi(heardByApi);
    const fileRoutes = await fileRouteRowsOf(held, (asker, text) => heard[asker].push(text));
    expectNoCanaryElsewhere();
    expect(wronglyNamed(withoutAnswer(rows), coordinatesOf(schema))).toEqual([]);
    await expect(printRights(rows, routes, fileRoutes)).toMatchFileSnapshot('../../../docs/rights.md');
  },
  MINUTES_OF_A_SLOW_MACHINE_MS,
);

describe('the same question has the same answer', () => {
  const sockets = new Map<string | null, ClientSocket>();
  const socketOf = async (token: string | null) => {
    const known = sockets.get(token);
    if (known !== undefined) return known;
    const socket = await live.connected('hub-0', token === null ? undefined : `Bearer ${token}`);
    sockets.set(token, socket);
    return socket;
  };

  /** Data and codes: an error's request id and place are its own. */
  async function answered(send: SendOf, document: string, asker: Asker) {
    const { data, errors = [] } = await send(document, tokenOf(asker), asker);
    return { data, codes: errors.map(({ path, extensions: { code } }) => ({ path, code })) };
  }

  const waysFrom = (type: string) => WAYS.filter(({ entry }) => entry.type === type);

  async function privateQuestions(asker: Asker): Promise<string[]> {
    const { of } = held.people;
    const ids = [
      encodeGlobalId('User', of.user.id),
      of.user.investmentIds[0],
      encodeGlobalId('User', of.other.id),
      ...of.other.investmentIds,
      held.projectId,
      encodeGlobalId('User', 'usr_nobody'),
    ];
    return [
      await documentFor(held, asker, waysFrom('User')),
      await documentFor(held, asker, waysFrom('Investment')),
      '{ viewer { id email permissions } }',
      `{ nodes(ids: ${JSON.stringify(ids)}) { __typename id ... on User { email displayName } ... on Investment { amount } } }`,
    ];
  }

  const PUBLIC = [
    '{ projects(first: 2) { nodes { id name } totalCount } }',
    '{ idoPools(first: 2) { nodes { name status } } projectCategories { name } }',
  ];

  test(
    'by POST, by GET after a preflight, as an event stream and over a socket',
    async () => {
      await setStage();
      sockets.clear();
      const transports = {
        get: noting(byGet(gateway, PREFLIGHT)),
        eventStream: noting(byEventStream(gateway)),
        socket: noting(bySocket(socketOf)),
      };
      for (const asker of ASKERS) {
        for (const document of [...(await privateQuestions(asker)), ...PUBLIC]) {
          const answer = await answered(noting(byPost(gateway)), document, asker);
          for (const [name, send] of Object.entries(transports))
            expect(await answered(send, document, asker), `${asker}, ${name}: ${document}`).toEqual(answer);
          // A page of another site could have sent it.
          const plain = await answered(noting(byGet(gateway, {})), document, asker);
          expect(plain).toEqual(
            asker === 'stranger'
              ? answer
              : { data: undefined, codes: [{ path: undefined, code: 'FORBIDDEN' }] },
          );
        }
      }
      expectNoCanaryElsewhere();
    },
    MINUTES_OF_A_SLOW_MACHINE_MS,
  );

  test('of a mutation that a stranger may not call', async () => {
    await setStage();
    sockets.clear();
    const names = ['changePassword', 'logout', 'endSession', 'updateProfile'];
    const forSignedIn = waysFrom('Mutation').filter(({ steps }) => names.includes(steps[0]?.name ?? ''));
    expect(forSignedIn).toHaveLength(names.length);
    for (const way of forSignedIn)
      for (const send of [byPost(gateway), byEventStream(gateway), bySocket(socketOf)]) {
        const document = await documentFor(held, 'stranger', [way]);
        const { data, codes } = await answered(noting(send), document, 'stranger');
        expect([data ?? null, codes.map(({ code }) => code)], document).toEqual([null, ['UNAUTHENTICATED']]);
      }
  });
});
