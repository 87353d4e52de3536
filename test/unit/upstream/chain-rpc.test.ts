import { afterEach, expect, test, vi } from 'vitest';
import { WALLET_RPC_ANSWER_MAX_BYTES, WALLET_RPC_TIMEOUT_MS } from '../../../src/config.ts';
import { createEthCall } from '../../../src/upstream/chain-rpc.ts';

const URL = 'https://rpc.example/secret-key';

afterEach(() => {
  vi.useRealTimers();
});

const outcomeOf = (respond: typeof fetch) => createEthCall({ fetch: respond })(URL, '0xc0de');
const answering = (body: unknown, init?: ResponseInit) =>
  outcomeOf(async () => new Response(typeof body === 'string' ? body : JSON.stringify(body), init));

test('asks for the newest block, once', async () => {
  const respond = vi.fn<typeof fetch>(async () => Response.json({ jsonrpc: '2.0', id: 1, result: '0x01' }));
  expect(await outcomeOf(respond)).toEqual({ kind: 'returned', data: '0x01' });
  expect(respond).toHaveBeenCalledOnce();
  const [url, init] = respond.mock.calls[0] ?? [];
  expect(url).toBe(URL);
  expect(init).toMatchObject({ method: 'POST', redirect: 'manual' });
  expect(JSON.parse(String(init?.body))).toEqual({
    jsonrpc: '2.0',
    id: 1,
    method: 'eth_call',
    params: [{ data: '0xc0de' }, 'latest'],
  });
});

test.each([
  ['Geth', { code: 3, message: 'execution reverted: GS026', data: '0x08c379a0' }],
  ['Geth, without data', { code: -32000, message: 'execution reverted' }],
  ['Nethermind', { code: -32015, message: 'VM execution error.', data: 'Reverted 0x' }],
  ['Erigon', { code: -32000, message: 'Execution Reverted' }],
])('a refusal of the contract is no failure: %s', async (_, error) => {
  expect((await answering({ jsonrpc: '2.0', id: 1, error })).kind).toBe('reverted');
});

test.each([
  ['HTTP 429', { error: { code: -32005, message: 'limit exceeded' } }, { status: 429 }],
  ['HTTP 302', '', { status: 302, headers: { location: URL } }],
  ['error -32601', { error: { code: -32601, message: 'no eth_call with secret-key' } }, {}],
  ['the answer is not one of JSON-RPC', '<html>', {}],
  ['the answer is not one of JSON-RPC', '', {}],
  ['the answer is not one of JSON-RPC', 'null', {}],
  ['the answer is not one of JSON-RPC', [], {}],
  ['the answer is not one of JSON-RPC', { result: null }, {}],
  ['the answer is not one of JSON-RPC', { result: 1 }, {}],
  ['the answer is not one of JSON-RPC', { result: 'true' }, {}],
  ['the answer is not one of JSON-RPC', { error: 'no' }, {}],
  ['the answer is longer than 16384 bytes', { result: `0x${'0'.repeat(WALLET_RPC_ANSWER_MAX_BYTES)}` }, {}],
])('every other answer is a failure: %s', async (reason, body, init) => {
  expect(await answering(body, init)).toEqual({ kind: 'failed', reason });
});

test('a connection that fails is a failure, and its message is not repeated', async () => {
  const reason = 'connection failed';
  expect(await outcomeOf(() => Promise.reject(new TypeError(`no route to ${URL}`)))).toEqual({
    kind: 'failed',
    reason,
  });
});

test.each([
  ['the headers', (signal: AbortSignal) => untilAborted(signal)],
  [
    'the body',
    async (signal: AbortSignal) =>
      new Response(
        new ReadableStream({
          start: (sink) => void untilAborted(signal).catch((error) => sink.error(error)),
        }),
      ),
  ],
])('a chain that is silent before %s fails in time', async (_, respond) => {
  vi.useFakeTimers();
  const outcome = outcomeOf((_, init) => respond(init?.signal as AbortSignal));
  await vi.advanceTimersByTimeAsync(WALLET_RPC_TIMEOUT_MS);
  expect(await outcome).toEqual({ kind: 'failed', reason: `no answer within ${WALLET_RPC_TIMEOUT_MS} ms` });
});

const untilAborted = (signal: AbortSignal) =>
  new Promise<Response>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
