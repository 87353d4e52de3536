/** Private groups wait for D1, which says who their viewers are; no other group does. All obey operators at once. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { UNKNOWN_CLIENT } from '../../../src/auth/request-client.ts';
import { EVENT_TIMEOUT_MS, SUBSCRIPTION_HUBS } from '../../../src/config.ts';
import type { GatewayContext, Viewer, ViewersOf } from '../../../src/graphql/context.ts';
import { notifyEnded } from '../../../src/realtime/ended-sessions.ts';
import { EventGroups, type EventGroupsSources } from '../../../src/realtime/event-groups.ts';
import type { EventValue } from '../../../src/realtime/feeds.ts';
import type { Subscription } from '../../../src/realtime/socket-attachment.ts';
import type { SocketSession } from '../../../src/realtime/socket-session.ts';
import type { PreparedOperation } from '../../../src/serving/prepare-operation.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const signedIn: ViewersOf = async (tokens) =>
  new Map(tokens.map(({ userId, sessionId }) => [sessionId, { id: userId } as Viewer]));

const UNREGISTERED = { chosen: { found: null } } as PreparedOperation;

/** Each event is the id of the viewer whom it was executed for. */
function groupsWith(viewersOf: ViewersOf, own: Partial<EventGroupsSources> = {}) {
  const groups = new EventGroups({
    viewersOf,
    steering: async () => ({ off: new Set<string>(), timeLimitMs: () => null }),
    createContext: (_request: unknown, viewer: Viewer | null) => ({ viewer }) as GatewayContext,
    execute: async (_prepared: unknown, { viewer }: GatewayContext) => ({
      data: { seen: viewer?.id ?? null },
    }),
    randomId: () => 'request',
    nowMs: () => 0,
    ...own,
  } as unknown as EventGroupsSources);
  const sent: unknown[] = [];
  const forbidden: string[] = [];
  return {
    sent,
    forbidden,
    join(owner: string | null, sessionId = `${owner}-1`, prepared = UNREGISTERED) {
      const session = {
        viewer: owner && { id: owner, sessionId, expiresAt: 1 },
        isClosed: false,
        isExpired: () => false,
        on: () => void forbidden.push(sessionId),
        requestClient: UNKNOWN_CLIENT,
      } as unknown as SocketSession;
      const subscription = { id: 'a', sent: {}, feed: 'sales', topics: ['t'], owner, position: 0 };
      groups.join(session, subscription as unknown as Subscription, prepared, null);
    },
    deliver: (...positions: number[]) =>
      groups.deliver(
        'sales',
        positions.map((position) => ({ topic: 't', entity: 't', position, value: {} as EventValue })),
        ({ group, position, text }) => {
          for (const subscription of group.members.keys()) subscription.position = position;
          sent.push([position, JSON.parse(text).data.seen]);
        },
      ),
  };
}

test('viewers of changes that are delivered together are asked for once', async () => {
  const viewersOf = vi.fn(signedIn);
  const { join, deliver, sent } = groupsWith(viewersOf);
  for (const owner of ['ann', 'bob', null]) join(owner);
  join('ann', 'ann-2');
  expect(await deliver(1, 2)).toEqual([]);
  expect(viewersOf.mock.calls.map(([tokens]) => tokens.map(({ sessionId }) => sessionId))).toEqual([
    ['ann-1', 'ann-2', 'bob-1'],
  ]);
  expect(sent).toHaveLength(6);
  await deliver(2);
  expect(viewersOf).toHaveBeenCalledOnce();
});

test('nobody asks D1 where all that watch are public', async () => {
  const viewersOf = vi.fn(signedIn);
  const { join, deliver, sent } = groupsWith(viewersOf);
  join(null);
  await deliver(1);
  expect([sent, viewersOf.mock.calls]).toEqual([[[1, null]], []]);
});

test('while D1 does not answer, public events are sent; private ones are when it does', async () => {
  const answer = Promise.withResolvers<void>();
  const { join, deliver, sent, forbidden } = groupsWith(async (tokens) => {
    await answer.promise;
    return signedIn(tokens);
  });
  for (const owner of ['ann', null]) join(owner);
  const delivering = deliver(1);
  await vi.advanceTimersByTimeAsync(0);
  expect(sent).toEqual([[1, null]]);
  await vi.advanceTimersByTimeAsync(EVENT_TIMEOUT_MS);
  expect(await delivering).toHaveLength(1);
  // One that joins meanwhile was not asked for: it is not taken for one whose session has ended.
  join('ann', 'ann-2');
  answer.resolve();
  await vi.advanceTimersByTimeAsync(0);
  expect([sent.at(-1), forbidden]).toEqual([[1, 'ann'], []]);
});

test('while D1 fails, private events are sent to nobody, and nobody is closed', async () => {
  let isDown = true;
  const { join, deliver, sent, forbidden } = groupsWith((tokens) =>
    isDown ? Promise.reject(new Error('down')) : signedIn(tokens),
  );
  for (const owner of ['ann', 'bob', null]) join(owner);
  expect(await deliver(1)).toHaveLength(2);
  expect([sent, forbidden]).toEqual([[[1, null]], []]);
  isDown = false;
  expect(await deliver(1)).toEqual([]);
  expect(sent).toEqual([
    [1, null],
    [1, 'ann'],
    [1, 'bob'],
  ]);
});

test('one call notifies a hub of all sessions that have ended, and one that fails keeps no other from it', async () => {
  const told: [string, string[]][] = [];
  const hubs = {
    getByName: (name: string) => ({
      endSessions: async (ids: string[]) => {
        told.push([name, ids]);
        if (name === 'hub-0') throw new Error('away');
      },
    }),
  };
  await notifyEnded(hubs as unknown as Env['SUBSCRIPTION_HUBS'], ['one', 'two', 'three']);
  expect(told.map(([name]) => name)).toEqual(
    Array.from({ length: SUBSCRIPTION_HUBS }, (_, at) => `hub-${at}`),
  );
  for (const [, ids] of told) expect(ids).toEqual(['one', 'two', 'three']);
});

test('an operation that an operator has changed is prepared again, before its next event and no other one', async () => {
  const limited = (timeLimitMs: number | null) =>
    ({ chosen: { found: { operation: { id: 'x' }, timeLimitMs } } }) as PreparedOperation;
  let limitMs: number | null = null;
  const prepareAgain = vi.fn(async () => limited(limitMs));
  const { join, deliver } = groupsWith(signedIn, {
    steering: async () => ({ off: new Set(), timeLimitMs: () => limitMs }),
    prepareAgain,
  });
  join(null, 'any', limited(null));
  await deliver(1);
  expect(prepareAgain).not.toHaveBeenCalled();
  limitMs = 500;
  await deliver(2, 3);
  expect(prepareAgain).toHaveBeenCalledOnce();
  limitMs = null;
  await deliver(4);
  expect(prepareAgain).toHaveBeenCalledTimes(2);
});
