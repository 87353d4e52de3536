/** Many sockets that say nothing do not hold their hub in memory, and are all there when something happens. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import type { ClientSocket } from '../../support/client-socket.ts';
import { PRICES, poll, price, useLiveMarket } from '../../support/live-market.ts';

const IDLE_SOCKETS = 1_000;
/** Few enough that each introduces itself in time on a slow machine too. */
const AT_ONCE = 200;

const live = useLiveMarket();

test('a hub of 1,000 idle sockets leaves memory, and the next event reaches each of them', async () => {
  await live.setPrice('BTC', 50_000);
  const hub = env.SUBSCRIPTION_HUBS.getByName('hub-0');
  // Once one watches it, the hub knows the price, and need not ask for it again.
  await live.watcher('hub-0');
  const sockets: ClientSocket[] = [];
  while (sockets.length < IDLE_SOCKETS)
    sockets.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => live.connected('hub-0')))));
  for (const socket of sockets) socket.subscribe('a', PRICES, { symbols: ['BTC'] });
  for (const socket of sockets) expect(await socket.next()).toMatchObject({ id: 'a', type: 'next' });

  const before = await runInDurableObject(hub, (instance) => instance);
  await evictDurableObject(hub);
  for (const socket of sockets) socket.send('{"type":"ping"}');
  for (const socket of sockets) expect(await socket.nextText()).toBe('{"type":"pong"}');
  await expect(evictDurableObject(hub)).rejects.toThrow('not currently running');

  await live.setPrice('BTC', 51_000);
  await poll();
  const texts = new Set<string>();
  for (const socket of sockets) texts.add(await socket.nextText());
  expect(texts.size).toBe(1);
  expect(JSON.parse([...texts].join())).toMatchObject({
    id: 'a',
    type: 'next',
    payload: price('BTC', 51_000),
  });
  expect(await runInDurableObject(hub, (instance) => instance)).not.toBe(before);
});
