/** Sockets that watch a sale, through a hub of their own choice, and what they were last told. */
import { expect, vi } from 'vitest';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { investorTopic } from '../../../src/realtime/sale-feed.ts';
import { type ClientSocket, connect, type SocketMessage } from '../client-socket.ts';
import type { Investor } from '../investors.ts';
import { watchedSaleTopics } from '../live-market.ts';

const PATIENCE = { timeout: 20_000 };
const OWN = 'subscription Own { investmentUpdated { id status transactionHash } }';
const POOL = 'subscription Pool($id: ID!) { idoPoolUpdated(id: $id) { soldTokens participantCount } }';

export interface ToldInvestment {
  id: string;
  status: string;
  transactionHash: string | null;
}

export interface ToldFigures {
  soldTokens: string;
  participantCount: number;
}

/** Of the buyer's own investments, while their token is valid. @returns each investment as it was last told, by id */
export async function watchOwnInvestments(
  { id, headers }: Investor,
  hubName: string,
): Promise<() => ToldInvestment[]> {
  const socket = await connect(hubName, headers.Authorization);
  socket.subscribe('own', OWN);
  // It begins with no event that would tell.
  await vi.waitFor(
    async () => expect(await watchedSaleTopics()).toContain(`"${investorTopic(id)}"`),
    PATIENCE,
  );
  return () => {
    const told = eventsOf(socket).map(({ payload }) => payload.data.investmentUpdated as ToldInvestment);
    const latest = new Map(told.map((investment) => [investment.id, investment]));
    return [...latest.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  };
}

/** @returns the pool's figures as they were last told */
export async function watchPool(poolId: string, hubName: string): Promise<() => ToldFigures | undefined> {
  const socket = await connect(hubName);
  socket.subscribe('pool', POOL, { id: encodeGlobalId('IdoPool', poolId) });
  return () => eventsOf(socket).at(-1)?.payload.data.idoPoolUpdated;
}

/** @throws Error if a subscription has ended */
function eventsOf({ unread }: ClientSocket): SocketMessage[] {
  const messages = unread.map((text) => JSON.parse(text) as SocketMessage);
  const ended = messages.find(({ type, payload }) => type !== 'next' || payload.errors !== undefined);
  if (ended !== undefined) throw new Error(`nothing was told: ${JSON.stringify(ended)}`);
  return messages;
}
