/**
 * A pool in whose private field a viewer finds their own canary, and the sockets that watch it: all of them run the same
 * operation on the same topic, and differ in their viewer alone.
 */

import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { GraphQLFieldResolver, GraphQLObjectType } from 'graphql';
import { afterEach, beforeEach, expect } from 'vitest';
import { schema } from '../../schema/schema.ts';
import type { GatewayContext } from '../../src/graphql/context.ts';
import type { ClientSocket } from './client-socket.ts';
import { CRONS, type TestGateway } from './gateway.ts';
import { type LiveMarket, saleFeed } from './live-market.ts';

const POOL = 'private-pool';
export const WATCH_POOL = {
  query: `subscription ($id: ID!) {
    idoPoolUpdated(id: $id) { soldTokens viewerState { registered invested } }
  }`,
  variables: { id: btoa(`IdoPool:${POOL}`).replace(/=+$/, '') },
};

const canaries = new Map<string, string>();

/** An amount that no other user has. */
export function canaryOf(userId: string): string {
  const canary = canaries.get(userId) ?? `${4_711_000_000 + canaries.size}.25`;
  canaries.set(userId, canary);
  return canary;
}

const tellViewer: GraphQLFieldResolver<unknown, GatewayContext> = (_pool, _args, { viewer }) =>
  viewer && {
    registered: viewer.permissions.includes('invest'),
    invested: canaryOf(viewer.id),
    remainingAllocation: '0',
  };

/** Makes the field's resolver the test's own: nothing else of the schema is another one. */
export function usePrivatePool(live: LiveMarket) {
  const pool = schema.getType('IdoPool') as GraphQLObjectType<unknown, GatewayContext>;
  const field = pool.getFields().viewerState;
  if (field === undefined) throw new Error('a pool has no viewerState');
  const { resolve } = field;
  let sold = 0;
  beforeEach(() => {
    field.resolve = tellViewer;
  });
  afterEach(() => {
    field.resolve = resolve;
  });

  /** As a viewer sees the pool now. */
  const seenBy = (userId: string | null, registered = false) => ({
    data: {
      idoPoolUpdated: {
        soldTokens: String(sold),
        viewerState: userId === null ? null : { registered, invested: canaryOf(userId) },
      },
    },
  });

  return {
    seenBy,
    async store(gateway: TestGateway): Promise<void> {
      const now = Math.floor(Date.now() / 1000);
      const { pools } = await live.upstream.records();
      const times = { sale_start: now - 100, sale_end: now + 100_000, updated_at: now };
      await live.upstream.putPool(POOL, { ...pools[0], id: POOL, status: 'active', ...times });
      await gateway.scheduled(CRONS.pools);
      await env.DB.prepare('UPDATE ido_pool_cache SET sold_tokens = ?1').bind(String(sold)).run();
    },
    /** Begins to watch, and reads the current state. */
    async watch(socket: ClientSocket, id: string, userId: string | null): Promise<void> {
      socket.send({ type: 'subscribe', id, payload: WATCH_POOL });
      expect(await socket.next()).toMatchObject({ id, type: 'next', payload: seenBy(userId) });
    },
    /** The sale moves, and the hubs are told. */
    async move(): Promise<void> {
      sold += 1;
      await env.DB.prepare('UPDATE ido_pool_cache SET sold_tokens = ?1 WHERE id = ?2')
        .bind(String(sold), POOL)
        .run();
      await saleFeed().changed();
      await runDurableObjectAlarm(saleFeed());
    },
  };
}
