import { createClient } from 'graphql-ws';
import pTimeout from 'p-timeout';
import { WebSocket } from 'ws';
import { ANSWER_TIMEOUT_MS } from '../monitor/ask-gateway.ts';
import { PERSISTED_QUERY, queried } from '../monitor/persisted-query.ts';
import { reasonOf } from '../operations/failure-reason.ts';

/**
 * Opens a WebSocket and asks one query over it.
 *
 * @param headers of the handshake
 * @returns the reason why it is not answered; null where it is
 */
export async function askBySocket(
  origin: string,
  headers: Readonly<Record<string, string>>,
): Promise<string | null> {
  let refused: string | undefined;
  let opened: WebSocket | undefined;
  class SocketWithHeaders extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { headers, handshakeTimeout: ANSWER_TIMEOUT_MS });
      opened = this;
      this.on('unexpected-response', (_request, { statusCode }) => {
        refused = `the handshake was answered ${statusCode}`;
        this.terminate();
      });
    }
  }
  const url = new URL('/graphql', origin);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const { documentId, variables } = PERSISTED_QUERY;
  const client = createClient({ url: url.href, webSocketImpl: SocketWithHeaders, retryAttempts: 0 });
  // `documentId` beside an empty query, as clients of the gateway send it.
  const results = client.iterate({ query: '', variables, documentId } as Parameters<
    typeof client.iterate
  >[0]);
  try {
    const answer = results.next();
    const { value } = await pTimeout(answer, { milliseconds: ANSWER_TIMEOUT_MS });
    const parsed = queried.safeParse(value);
    return parsed.success ? null : `answered with something else: ${parsed.error.issues[0]?.message}`;
  } catch (error) {
    return refused ?? failureText(error);
  } finally {
    // `dispose` of the client would wait for a handshake that is not answered.
    opened?.terminate();
  }
}

/** graphql-ws throws the close event, or the list of errors. */
function failureText(failure: unknown): string {
  if (Array.isArray(failure)) return `refused: ${failure.map(({ message }) => message).join(', ')}`;
  if (failure instanceof Error) return `no answer: ${reasonOf(failure)}`;
  const { code, reason } = failure as { code?: number; reason?: string };
  return `the socket was closed: ${code} ${reason}`.trim();
}
