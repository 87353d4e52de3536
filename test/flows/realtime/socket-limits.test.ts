/** What is too much of one connection, and that it costs no other one of its hub anything. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  SOCKET_MAX_SUBSCRIPTIONS,
  SOCKET_MESSAGE_MAX_BYTES,
  SOCKET_MESSAGES_BURST,
  SOCKET_MESSAGES_PER_SECOND,
} from '../../../src/config.ts';
import { type ClientSocket, openSocketOf } from '../../support/client-socket.ts';
import { PRICES, price, useLiveMarket } from '../../support/live-market.ts';

const HUB = 'hub-0';
const live = useLiveMarket();
let eager: ClientSocket;
let bystander: ClientSocket;

beforeEach(async () => {
  bystander = await live.watcher(HUB);
  eager = await live.watcher(HUB);
});

async function expectClosed(code: number, reason: string): Promise<void> {
  expect(await eager.closed).toEqual({ code, reason });
  await live.expectTold(bystander);
}

/** A pong of so many bytes. */
const ofBytes = (bytes: number, character = 'x') => {
  const text = (padding: string) => JSON.stringify({ type: 'pong', payload: { padding } });
  const size = new TextEncoder().encode(character).length;
  const free = bytes - text('').length;
  return text(character.repeat(Math.floor(free / size)) + 'x'.repeat(free % size));
};

describe('a message', () => {
  const tooBig = 'A message holds at most 65536 bytes';

  test.each(['x', 'é', '🜚'])('of as many bytes as may be, of %j, is read', async (character) => {
    eager.send(ofBytes(SOCKET_MESSAGE_MAX_BYTES, character));
    await live.expectTold(eager, bystander);
  });

  test.each(['x', 'é', '🜚'])('of one byte more, of %j, closes with 1009', async (character) => {
    eager.send(ofBytes(SOCKET_MESSAGE_MAX_BYTES + 1, character));
    await expectClosed(1009, tooBig);
  });

  const MEGABYTE = 1024 * 1024;
  test.each([
    ['a text of 1 MB', 'x'.repeat(MEGABYTE)],
    ['bytes of 1 MB', new ArrayBuffer(MEGABYTE)],
    ['a text of 33 MB', 'x'.repeat(33 * MEGABYTE)],
    ['a subscribe of 1 MB', { type: 'subscribe', id: 'a', payload: { query: ' '.repeat(MEGABYTE) } }],
  ])('that is %s closes with 1009', async (_, message) => {
    eager.send(message);
    await expectClosed(1009, tooBig);
  });
});

describe('messages', () => {
  const tooMany = `More than ${SOCKET_MESSAGES_PER_SECOND} messages a second`;

  test('of 10,000 subscribes at once close with 1008, and what had begun ends', async () => {
    for (let at = 0; at < 10_000; at += 1) eager.subscribe(`${at}`, PRICES, { symbols: ['ETH'] });
    await expectClosed(1008, tooMany);
    await vi.waitFor(async () => expect(await live.polledSymbols()).toEqual([['BTC']]));
  });

  test.each([
    ['pings with a payload', { type: 'ping', payload: {} }],
    ['pongs', { type: 'pong' }],
    ['completes of what nobody has', { type: 'complete', id: 'nobody' }],
    ['queries', { type: 'subscribe', id: 'a', payload: { query: '{ nothing }' } }],
  ])('that are too many %s close with 1008', async (_, message) => {
    for (let count = 0; count < 3 * SOCKET_MESSAGES_BURST; count += 1) eager.send(message);
    await expectClosed(1008, tooMany);
  });

  test('that are too many before the introduction close with 1008', async () => {
    eager = live.closing(await openSocketOf(HUB));
    for (let count = 0; count < 3 * SOCKET_MESSAGES_BURST; count += 1) eager.send({ type: 'pong' });
    await expectClosed(1008, tooMany);
  });

  test('at the rate that is allowed go on for ever, and a little more do not', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      for (let second = 0; second < 10; second += 1) {
        vi.setSystemTime(Date.now() + 1000);
        for (let count = 1; count < SOCKET_MESSAGES_PER_SECOND; count += 1) eager.send({ type: 'pong' });
        // The fence is one of them.
        await eager.expectSilence();
      }
      for (let count = 0; count < 3 * SOCKET_MESSAGES_BURST; count += 1) eager.send({ type: 'pong' });
      expect(await eager.closed).toEqual({ code: 1008, reason: tooMany });
    } finally {
      vi.useRealTimers();
    }
    await live.expectTold(bystander);
  });
});

describe('subscriptions', () => {
  test('beyond the fiftieth are refused, and the fifty go on', async () => {
    const others = Array.from({ length: SOCKET_MAX_SUBSCRIPTIONS - 1 }, (_, at) => `${at}`);
    for (const id of others) eager.subscribe(id, PRICES, { symbols: ['BTC'] });
    for (const _ of others) expect(await eager.next()).toMatchObject({ type: 'next' });
    eager.subscribe('more', PRICES, { symbols: ['BTC'] });
    expect(await eager.next()).toEqual({
      id: 'more',
      type: 'error',
      payload: [
        {
          message: 'One connection carries at most 50 operations at once.',
          extensions: { code: 'RATE_LIMITED' },
        },
      ],
    });
    await live.expectTold(bystander);
    const told = await Promise.all(['watch', ...others].map(() => eager.next()));
    expect(new Set(told.map(({ id }) => id))).toEqual(new Set(['watch', ...others]));
    eager.send({ type: 'complete', id: '0' });
    eager.subscribe('more', PRICES, { symbols: ['BTC'] });
    expect(await eager.next()).toMatchObject({ id: 'more', type: 'next' });
  });

  test('under an id that is too long to be remembered are refused, and the id can be taken', async () => {
    const id = 'x'.repeat(60_000);
    eager.subscribe(id, PRICES, { symbols: ['BTC'] });
    const tooLarge = { id, type: 'error', payload: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }] };
    expect(await eager.next()).toMatchObject(tooLarge);
    eager.subscribe(id, '{ __typename }');
    expect(await eager.next()).toMatchObject({ id, type: 'next' });
    expect(await eager.next()).toEqual({ id, type: 'complete' });
    await live.expectTold(bystander, eager);
  });
});

describe('values', () => {
  const DEPTH = 5_000;
  const deepList = `${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}`;
  const deepObject = `${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`;
  const subscribeOf = (payload: string) => `{"type":"subscribe","id":"a","payload":{${payload}}}`;

  test.each([deepList, deepObject])('nested deeply come back with a ping: %#', async (deep) => {
    eager.send(`{"type":"ping","payload":{"deep":${deep}}}`);
    expect(await eager.nextText()).toBe(`{"type":"pong","payload":{"deep":${deep}}}`);
    await live.expectTold(bystander, eager);
  });

  test.each([deepList, deepObject])('nested deeply are refused as variables: %#', async (deep) => {
    const query = '"query":"query ($a: String!) { price(symbol: $a) { symbol } }"';
    eager.send(subscribeOf(`${query},"variables":{"a":${deep}}`));
    expect(await eager.next()).toMatchObject({
      id: 'a',
      type: 'error',
      payload: [{ extensions: { code: 'BAD_USER_INPUT' } }],
    });
    await live.expectTold(bystander, eager);
  });

  test.each([deepList, deepObject])(
    'nested deeply are ignored where nothing reads them: %#',
    async (deep) => {
      eager.send(subscribeOf(`"query":"{ __typename }","extensions":{"deep":${deep}},"unknown":${deep}`));
      expect(await eager.next()).toMatchObject({ id: 'a', type: 'next' });
      expect(await eager.next()).toEqual({ id: 'a', type: 'complete' });
      await live.expectTold(bystander, eager);
    },
  );

  test('of a document that is nested too deeply are refused', async () => {
    eager.subscribe('a', `${'{a'.repeat(DEPTH)}${'}'.repeat(DEPTH)}`);
    expect(await eager.next()).toMatchObject({ id: 'a', type: 'error', payload: [expect.any(Object)] });
    await live.expectTold(bystander, eager);
  });

  test('under the names that objects inherit are nothing special', async () => {
    const inherited =
      '"__proto__":{"documentId":"x","polluted":1},"constructor":{"prototype":{"polluted":1}}';
    eager.send(subscribeOf(`"query":"{ __typename }",${inherited},"variables":{${inherited}}`));
    expect(await eager.next()).toMatchObject({ id: 'a', type: 'next' });
    expect(await eager.next()).toEqual({ id: 'a', type: 'complete' });
    eager.send(subscribeOf('"__proto__":{"query":"{ __typename }"}'));
    expect(await eager.next()).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'BAD_USER_INPUT' } }],
    });
    expect({}).not.toHaveProperty('polluted');
    await live.expectTold(bystander, eager);
  });

  test('that are half a character are no harm', async () => {
    eager.send(`{"type":"subscribe","id":"\\ud800","payload":{"query":"{ __typename }"}}`);
    expect(await eager.next()).toMatchObject({ id: '\ud800', type: 'next' });
    expect(await eager.next()).toEqual({ id: '\ud800', type: 'complete' });
    eager.subscribe('b', PRICES, { symbols: ['\ud800', 'BTC', '\u0000'] });
    expect(await eager.next()).toMatchObject({
      id: 'b',
      type: 'next',
      payload: price('BTC', expect.any(Number)),
    });
    eager.send({ type: 'complete', id: 'b' });
    await live.expectTold(bystander, eager);
  });
});
