/** The Worker's handshake with a hub that does not answer. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HUB_HANDSHAKE_TIMEOUT_MS } from '../../../src/config.ts';
import { openSocket } from '../../../src/http/socket-route.ts';
import { ask, byPost, SYMBOLS, TICKER_TEXT } from '../../support/event-stream-bench.ts';
import { startWire } from '../../support/wire-bench.ts';

type Hubs = Parameters<typeof openSocket>[1];

const hubsOf = (answer: () => Promise<Response>) =>
  ({ getByName: () => ({ fetch: answer }) }) as unknown as Hubs;
const silent = hubsOf(() => new Promise(() => undefined));
const handshake = () =>
  new Request('https://gateway.test/graphql', {
    headers: { Upgrade: 'websocket', 'Sec-WebSocket-Protocol': 'graphql-transport-ws' },
  });
const open = (request: Request, hubs = silent) => openSocket(request, hubs, () => '00000000');

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('closes a WebSocket with 1013', async () => {
  const opening = open(handshake());
  await vi.advanceTimersByTimeAsync(HUB_HANDSHAKE_TIMEOUT_MS);
  const { webSocket: socket, status, headers } = await opening;
  expect([status, headers.get('sec-websocket-protocol')]).toEqual([101, 'graphql-transport-ws']);
  const closed = Promise.withResolvers<number>();
  socket?.addEventListener('close', ({ code }) => closed.resolve(code));
  socket?.accept();
  expect(await closed.promise).toBe(1013);
});

test('answers an event stream with 503', async () => {
  const wire = await startWire('open', [], open);
  const answer = ask(wire, byPost({ query: TICKER_TEXT, variables: SYMBOLS }));
  await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(1));
  await vi.advanceTimersByTimeAsync(HUB_HANDSHAKE_TIMEOUT_MS);
  const response = await answer;
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({
    errors: [{ extensions: { code: 'UPSTREAM_UNAVAILABLE' } }],
  });
  expect(vi.getTimerCount()).toBe(0);
});

test('leaves no timer behind when the hub answers', async () => {
  const answer = new Response('from the hub');
  expect(
    await open(
      handshake(),
      hubsOf(async () => answer),
    ),
  ).toBe(answer);
  expect(vi.getTimerCount()).toBe(0);
});
