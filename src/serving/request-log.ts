/** A log line for each request that failed or was slow, with its operation and its client; its span has them in each case. */
import { SLOW_REQUEST_MS } from '../config.ts';
import { log } from '../observability/log.ts';
import { describeOperation } from '../observability/running-work.ts';

export interface AskedOperation {
  /** Null where the request names no registered operation. */
  operationId: string | null;
  operationName: string | null;
  client: { name: string | null; version: string | null };
}

export interface FinishedRequest {
  requestId: string;
  transport: 'http' | 'websocket';
  /** Null over a WebSocket, which has no status. */
  status: number | null;
  /** The platform's clock moves only while a request waits for something, so time of computing is not in it. */
  durationMs: number;
  /** Codes of faults that are not the caller's, each as often as it occurred. */
  faults: readonly string[];
}

/** @param asked is called for a request that is logged or has a span, and for no other. */
export function logFinishedRequest(request: FinishedRequest, asked: () => AskedOperation): void {
  const { faults, ...fields } = request;
  describeOperation(() => {
    const { client, operationId, operationName } = asked();
    return {
      'graphql.operation.id': operationId ?? undefined,
      'graphql.operation.name': operationName ?? undefined,
      'client.name': client.name ?? undefined,
      'client.version': client.version ?? undefined,
      'error.type': faults[0],
    };
  });
  // A 503 without a fault is a refusal, such as of a made-up id that could not be looked up: it is counted, and a flood of
  // them writes no lines.
  const hasFailed = faults.length > 0 || request.status === 500;
  if (!hasFailed && request.durationMs < SLOW_REQUEST_MS) return;
  const { client, ...operation } = asked();
  log.warn(hasFailed ? 'request.failed' : 'request.slow', {
    ...fields,
    ...operation,
    client: client.name,
    clientVersion: client.version,
    ...(faults.length === 0 ? {} : { faults: [...new Set(faults)].join(',') }),
  });
}
