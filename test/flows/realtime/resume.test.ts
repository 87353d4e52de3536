/** What `extensions.resumeFrom` and `extensions.gap` promise. */
import { expect, test } from 'vitest';
import { PRICES, price, useLiveMarket } from '../../support/live-market.ts';

const live = useLiveMarket();

test('says that there may be a gap where a client asks to resume', async () => {
  await live.setPrice('BTC', 50_000);
  const socket = await live.connected();
  const payload = {
    query: PRICES,
    variables: { symbols: ['BTC', 'ETH'] },
    extensions: { resumeFrom: '3' },
  };
  socket.send({ type: 'subscribe', id: 'a', payload });
  expect((await socket.next()).payload).toMatchObject({
    ...price('BTC', 50_000),
    extensions: { gap: true },
  });
  expect((await socket.next()).payload.extensions).not.toHaveProperty('gap');
});
