/** Subscribers learn of a ledger's changes at once, and from no sync. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { type ClientSocket, connect } from '../../support/client-socket.ts';
import { createInvestor } from '../../support/investors.ts';
import { watchedSaleTopics } from '../../support/live-market.ts';
import { openSale, type TestSale } from '../../support/sale.ts';

const POOL = 'subscription ($id: ID!) { idoPoolUpdated(id: $id) { soldTokens participantCount } }';
const OWN = 'subscription { investmentUpdated { id status failure } }';

let sale: TestSale;
let sockets: ClientSocket[];
beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  sale = await openSale();
  sockets = [];
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const socket of sockets) socket.close();
  // The hubs have seen it, and no later test finds their topics.
  await vi.waitFor(async () => expect(await watchedSaleTopics()).not.toMatch(/pool|investor/));
});

async function subscribed(query: string, topic: string, authorization?: string): Promise<ClientSocket> {
  const socket = await connect('hub-0', authorization);
  sockets.push(socket);
  socket.subscribe('a', query, { id: encodeGlobalId('IdoPool', sale.poolId) });
  await vi.waitFor(async () => expect(await watchedSaleTopics()).toContain(topic));
  return socket;
}
const dataOf = async (socket: ClientSocket) => (await socket.next()).payload.data;

test('idoPoolUpdated tells what a ledger has sold, and what it has released', async () => {
  const socket = await subscribed(POOL, sale.poolId);
  const sold = (soldTokens: string, participantCount: number) => ({
    idoPoolUpdated: { soldTokens, participantCount },
  });
  expect(await dataOf(socket)).toEqual(sold('0', 0));
  await sale.invest('ann', '200');
  expect(await dataOf(socket)).toEqual(sold('100', 1));
  await sale.pass(1_801);
  expect(await dataOf(socket)).toEqual(sold('0', 0));
});

test('investmentUpdated tells an investor of their own investments as they change', async () => {
  const [ann, bob] = [await createInvestor('ann'), await createInvestor('bob')];
  const [own, other] = [
    await subscribed(OWN, 'investor:ann', ann.headers.Authorization),
    await subscribed(OWN, 'investor:bob', bob.headers.Authorization),
  ];
  const investment = await sale.invest('ann', '200');
  const updated = (status: string, failure: string | null) => ({
    investmentUpdated: { id: encodeGlobalId('Investment', investment.id), status, failure },
  });
  expect(await dataOf(own)).toEqual(updated('PENDING', null));
  await sale.market.refuse({ route: 'create-investment', paid: true });
  await sale.submit(investment);
  await sale.settle();
  expect(await dataOf(own)).toEqual(updated('FAILED', 'REFUSED'));
  await other.expectSilence();
});
