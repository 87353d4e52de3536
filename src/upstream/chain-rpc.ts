/**
 * `eth_call` on the chains of `RPC_URLS`, over JSON-RPC 2.0.
 *
 * A failure is a value. Its reason is safe to log: it has a status or a code, and neither the URL, which often contains
 * a key, nor a message of the provider. A call is made once, with a time limit, and its answer is read up to a limit.
 */
import * as z from 'zod';
import { WALLET_RPC_ANSWER_MAX_BYTES, WALLET_RPC_TIMEOUT_MS } from '../config.ts';
import { readText } from './http.ts';

export type EthCallOutcome =
  | { kind: 'returned'; data: string }
  /** The contract refused, or there was no such contract. */
  | { kind: 'reverted' }
  | { kind: 'failed'; reason: string };

/** @param data of a call without a receiver: the code that the chain runs, in hex */
export type EthCall = (url: string, data: string) => Promise<EthCallOutcome>;

const answerSchema = z.union([
  z.object({ result: z.string().regex(/^0x[0-9a-fA-F]*$/) }),
  z.object({ error: z.object({ code: z.int(), message: z.string().catch('') }) }),
]);

/** Geth's code for `revert`, and Nethermind's; other nodes have the word in their message. */
const REVERTED_CODES = [3, -32_015];

export function createEthCall(options: { fetch: typeof fetch }): EthCall {
  // workerd refuses a `fetch` that is called as a method.
  const { fetch } = options;
  return async (url, data) => {
    const controller = new AbortController();
    const { signal } = controller;
    // AbortSignal.timeout() cannot be cleared, and keeps a Durable Object awake until it fires.
    const timer = setTimeout(() => controller.abort(), WALLET_RPC_TIMEOUT_MS);
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_call', params: [{ data }, 'latest'] }),
        redirect: 'manual',
        signal,
      });
      if (response.status !== 200) {
        await response.body?.cancel();
        return failed(`HTTP ${response.status}`);
      }
      const text = await readText(response, WALLET_RPC_ANSWER_MAX_BYTES);
      return text === null
        ? failed(`the answer is longer than ${WALLET_RPC_ANSWER_MAX_BYTES} bytes`)
        : outcomeOf(text);
    } catch {
      // The message of the cause may contain the URL.
      return failed(signal.aborted ? `no answer within ${WALLET_RPC_TIMEOUT_MS} ms` : 'connection failed');
    } finally {
      clearTimeout(timer);
    }
  };
}

function outcomeOf(text: string): EthCallOutcome {
  const answer = answerSchema.safeParse(parseJson(text)).data;
  if (answer === undefined) return failed('the answer is not one of JSON-RPC');
  if ('result' in answer) return { kind: 'returned', data: answer.result };
  const { code, message } = answer.error;
  return REVERTED_CODES.includes(code) || /revert/i.test(message)
    ? { kind: 'reverted' }
    : failed(`error ${code}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const failed = (reason: string): EthCallOutcome => ({ kind: 'failed', reason });
