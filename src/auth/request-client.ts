/** The sender of a request, by its headers. They come from the platform, or from the Worker that opens a hub's socket. */
import { USER_AGENT_MAX_CHARACTERS } from '../config.ts';
import { runningTrace } from '../observability/running-work.ts';
import { traceIn } from '../observability/trace.ts';
import { clientNetwork } from './client-network.ts';

export interface RequestClient {
  /** The key of limits; all clients whose address is not known share one. */
  network: string;
  ipAddress: string | null;
  /** Cut to `USER_AGENT_MAX_CHARACTERS`. */
  userAgent: string | null;
  /** The page's, where a browser sends it; not checked. */
  origin: string | null;
  /** The header of W3C Trace Context, for the calls that the request makes; null outside of a request, without a valid one. */
  traceparent: string | null;
}

/** Nobody, or one of many: of an answer that is anybody's, and of an event for all equal subscriptions. */
export const UNKNOWN_CLIENT: RequestClient = {
  network: 'unknown',
  ipAddress: null,
  userAgent: null,
  origin: null,
  traceparent: null,
};

/** Cloudflare sets it, and overwrites one that the client sends. No other header tells a client's address. */
const ADDRESS_HEADER = 'cf-connecting-ip';

export function requestClientOf(headers: Headers): RequestClient {
  return {
    ...(clientNetwork(headers.get(ADDRESS_HEADER) ?? '') ?? UNKNOWN_NETWORK),
    userAgent: headers.get('user-agent')?.slice(0, USER_AGENT_MAX_CHARACTERS) ?? null,
    origin: headers.get('origin'),
    traceparent: (runningTrace() ?? traceIn(headers.get('traceparent')))?.traceparent ?? null,
  };
}

const UNKNOWN_NETWORK = { network: UNKNOWN_CLIENT.network, ipAddress: null };

/** The headers from which `requestClientOf` reads the same client. */
export function requestClientHeaders({
  ipAddress,
  userAgent,
  origin,
  traceparent,
}: RequestClient): [string, string][] {
  const headers = [
    [ADDRESS_HEADER, ipAddress],
    ['user-agent', userAgent],
    ['origin', origin],
    ['traceparent', traceparent],
  ] as const;
  return headers.flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
}
