/** Streams of the Worker's route over a hub that says what the test has it say. */
import type { OperationsMode } from '../../src/config.ts';
import { EventStreamClient } from './event-stream-client.ts';
import { ScriptedHub } from './scripted-hub.ts';
import { registered, startWire, type WireBench, wireRequest } from './wire-bench.ts';

export const TICKER_TEXT =
  'subscription Ticker($symbols: [String!]!) { priceUpdated(symbols: $symbols) { symbol } }';
export const PUBLIC = registered(TICKER_TEXT, 'ticker', {
  kind: 'subscription',
  variableBounds: { symbols: 100 },
});
export const PRIVATE = registered('subscription Mine { investmentUpdated { id } }', 'mine', {
  kind: 'subscription',
  cachePolicy: { ...PUBLIC.cachePolicy, scope: 'private' },
});
export const EVENTS = { Accept: 'text/event-stream' };
export const SYMBOLS = { symbols: ['BTC'] };
export const FIRST = { data: { priceUpdated: { symbol: 'BTC' } }, extensions: { position: '7' } };

export type Sent = [path: string, init: RequestInit];

export async function startStreams(mode: OperationsMode = 'open') {
  const hub = new ScriptedHub();
  return { hub, wire: await startWire(mode, [PUBLIC, PRIVATE], hub.openSocket) };
}

export const ask = (wire: WireBench, [path, init]: Sent) =>
  wire.fetch(new Request(new URL(path, 'https://gateway.test'), init));

export const byPost = (properties: Record<string, unknown>, headers: Record<string, string> = {}): Sent =>
  wireRequest('POST', properties, { headers: { ...EVENTS, ...headers } });

/** As a browser's EventSource does: it can send no header but what it sends of itself. */
export const byEventSource = (
  properties: Record<string, unknown>,
  headers: Record<string, string> = {},
): Sent => [wireRequest('GET', properties)[0], { headers: { ...EVENTS, ...headers } }];

/** Opens a stream whose first event is there. */
export async function opened(
  { hub, wire }: Awaited<ReturnType<typeof startStreams>>,
  sent: Sent = byPost({ query: TICKER_TEXT, variables: SYMBOLS }),
) {
  const answer = ask(wire, sent);
  const { introduction, subscribe } = await hub.accept();
  hub.next(FIRST);
  const response = await answer;
  const events = new EventStreamClient(response);
  const first = await events.next();
  return { hub, response, events, first, introduction, subscribe };
}
