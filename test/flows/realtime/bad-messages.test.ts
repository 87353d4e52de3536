/** What is no message of the protocol closes its own connection with the code that says so, and no other one. */
import { beforeEach, describe, expect, test } from 'vitest';
import { type ClientSocket, openSocketOf } from '../../support/client-socket.ts';
import { PRICES, useLiveMarket } from '../../support/live-market.ts';

const HUB = 'hub-0';
const live = useLiveMarket();
let offender: ClientSocket;
let bystander: ClientSocket;

beforeEach(async () => {
  bystander = await live.watcher(HUB);
  offender = await live.watcher(HUB);
});

/** For the reason that is given; the bystander is told the next event. */
async function expectClosed(code: number, reason: unknown = expect.stringMatching(/./)): Promise<void> {
  expect(await offender.closed).toEqual({ code, reason });
  await live.expectTold(bystander);
}

const subscribe = (fields: Record<string, unknown>) => ({ type: 'subscribe', id: 'a', ...fields });
const paying = (payload: unknown) => subscribe({ payload });
const asking = (fields: Record<string, unknown>) => paying({ query: '{ __typename }', ...fields });
const bytes = (text: string) => new TextEncoder().encode(text).buffer;

describe('4400 is the answer to', () => {
  const malformed: [string, unknown][] = [
    ['a text that is no JSON', 'hello'],
    ['nothing', ''],
    ['half a message', '{"type":"pi'],
    ['two messages in one', '{"type":"pong"}{"type":"pong"}'],
    ['null', 'null'],
    ['a number', '9'],
    ['a text', '"ping"'],
    ['a list', '[{"type":"ping"}]'],
    ['an object without a type', {}],
    ['an empty type', { type: '' }],
    ['a type that is no text', { type: 0 }],
    ['an unknown type', { type: 'nuxt' }],
    ['a type of the older protocol', { type: 'start', id: 'a', payload: { query: '{ __typename }' } }],
    ['a type that objects inherit', { type: 'constructor' }],
    ['a type of the prototype', '{"__proto__":{"type":"ping"}}'],
    ['an acknowledgement', { type: 'connection_ack' }],
    ['a result', { type: 'next', id: 'watch', payload: { data: {} } }],
    ['an error', { type: 'error', id: 'watch', payload: [{ message: 'a' }] }],
    ['a connection_init with a text', { type: 'connection_init', payload: '' }],
    ['a connection_init with a number', { type: 'connection_init', payload: 0 }],
    ['a connection_init with a list', { type: 'connection_init', payload: [] }],
    ['a ping with a number', { type: 'ping', payload: 0 }],
    ['a pong with a list', { type: 'pong', payload: [] }],
    ['a subscribe without id', { type: 'subscribe', payload: { query: '{ __typename }' } }],
    ['a subscribe with an id that is no text', { ...asking({}), id: 0 }],
    ['a subscribe with the id null', { ...asking({}), id: null }],
    ['a subscribe with an empty id', { ...asking({}), id: '' }],
    ['a subscribe without payload', subscribe({})],
    ['a subscribe with a list', paying([])],
    ['a subscribe with a text', paying('')],
    ['a query that is a number', paying({ query: 0 })],
    ['a query that is an object', paying({ query: {} })],
    ['an operation name that is a number', asking({ operationName: 0 })],
    ['an operation name that is an object', asking({ operationName: {} })],
    ['variables that are a text', asking({ variables: '' })],
    ['variables that are a list', asking({ variables: [] })],
    ['extensions that are a text', asking({ extensions: '' })],
    ['extensions that are a number', asking({ extensions: 0 })],
    ['a complete without id', { type: 'complete' }],
    ['a complete with an empty id', { type: 'complete', id: '' }],
    ['a complete with an id that is no text', { type: 'complete', id: 0 }],
    ['no bytes', new ArrayBuffer(0)],
    ['bytes that are no text', new Uint8Array([0xff, 0x00, 0xc0]).buffer],
    ['a message as bytes', bytes('{"type":"pong"}')],
  ];
  test.each(malformed)('%s', async (_, message) => {
    offender.send(message);
    await expectClosed(4400);
  });

  test('a message before the introduction as after it', async () => {
    offender = live.closing(await openSocketOf(HUB));
    offender.send('{');
    await expectClosed(4400, 'The message is not JSON.');
  });

  test('the first of many, and the others are not heard', async () => {
    offender.send('{');
    offender.send({ type: 'complete', id: 'watch' });
    offender.subscribe('late', PRICES, { symbols: ['ETH'] });
    await expectClosed(4400);
    expect(await live.polledSymbols()).toEqual([['BTC']]);
  });
});

describe('other connections stay as they are where one', () => {
  test('subscribes before it introduced itself', async () => {
    offender = live.closing(await openSocketOf(HUB));
    offender.subscribe('a', PRICES, { symbols: ['BTC'] });
    await expectClosed(4401, 'Unauthorized');
  });

  test('introduces itself twice', async () => {
    offender.send({ type: 'connection_init' });
    await expectClosed(4429, 'Too many initialisation requests');
  });

  test.each(['Bearer\nnobody', 'Bearer \u0000', '\u20ac\r\nX-Other: a'])(
    'has the authorization %j, which no header can carry',
    async (authorization) => {
      offender = live.closing(await openSocketOf(HUB));
      offender.send({ type: 'connection_init', payload: { authorization } });
      await expectClosed(4403, 'Forbidden');
    },
  );

  test.each([5, true, ['Bearer a'], { bearer: 'a' }])(
    'has the authorization %j, which is no text',
    async (authorization) => {
      offender = live.closing(await openSocketOf(HUB));
      offender.send({ type: 'connection_init', payload: { authorization } });
      await expectClosed(4400, 'payload.authorization: must be a string');
    },
  );

  test('takes an id twice', async () => {
    offender.subscribe('watch', PRICES, { symbols: ['ETH'] });
    await expectClosed(4409, 'Subscriber for watch already exists');
  });

  test.each([
    ['x', 123],
    ['é', 122],
    ['🜚', 119],
  ])('takes an id of so many %j twice that the reason has to be cut', async (character, bytesLeft) => {
    const id = character.repeat(3_000);
    offender.subscribe(id, PRICES, { symbols: ['BTC'] });
    expect(await offender.next()).toMatchObject({ id, type: 'next' });
    offender.subscribe(id, PRICES, { symbols: ['BTC'] });
    const { code, reason } = await offender.closed;
    expect(code).toBe(4409);
    expect(reason).toMatch(new RegExp(`^Subscriber for (${character})+$`, 'u'));
    expect(new TextEncoder().encode(reason).length).toBeGreaterThanOrEqual(bytesLeft);
    expect(new TextEncoder().encode(reason).length).toBeLessThanOrEqual(123);
    await live.expectTold(bystander);
  });

  test('completes what it never began', async () => {
    offender.send({ type: 'complete', id: 'nobody' });
    offender.send({ type: 'complete', id: 'x'.repeat(60_000) });
    await live.expectTold(bystander, offender);
  });

  test('goes for a long reason of its own', async () => {
    offender.close(4999, 'x'.repeat(123));
    await offender.closed;
    await live.expectTold(bystander);
  });
});
