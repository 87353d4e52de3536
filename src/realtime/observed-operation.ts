/** One operation of a socket, its record for metrics, and the log line that it leaves if it failed or was slow. */
import { OperationTypeNode } from 'graphql';
import type { RequestClient, SentRequest } from '../graphql/context.ts';
import { MeasuredRequest, type RequestEnd } from '../metrics/measured-request.ts';
import type { CacheResult } from '../observability/request-metrics.ts';
import { endCalls } from '../observability/running-work.ts';
import type { ClientIdentity } from '../operations/registered-operation.ts';
import type { PreparedOperation } from '../serving/prepare-operation.ts';
import { logFinishedRequest } from '../serving/request-log.ts';

/** A socket has none. */
const NO_STATUS = 0;

export class ObservedOperation implements SentRequest {
  readonly requestId: string;
  readonly client: RequestClient;
  /** Set once the operation is known. */
  prepared: PreparedOperation | null = null;
  readonly measured: MeasuredRequest;
  /** The part of the cache in its answer. */
  cache: CacheResult = 'bypass';
  /** The length of the answer to a query or a mutation. */
  bytes = 0;
  readonly onErrors: MeasuredRequest['failed'];
  readonly #faults: string[] = [];
  readonly onFault = (code: string) => {
    this.#faults.push(code);
    this.measured.fault();
  };
  readonly #identity: ClientIdentity;
  readonly #nowMs: () => number;
  #durationMs = 0;

  /** @param identity as the connection names it; the operation may name another. */
  constructor(
    requestId: string,
    client: RequestClient,
    identity: ClientIdentity,
    nowMs: () => number,
    country = '',
  ) {
    this.requestId = requestId;
    this.client = client;
    this.#identity = identity;
    this.#nowMs = nowMs;
    this.measured = new MeasuredRequest(nowMs(), 'ws', country);
    this.measured.client = identity;
    this.onErrors = this.measured.failed;
  }

  /** Work whose time counts. A client that does not read makes other work wait. */
  async timed<Result>(work: () => Promise<Result>): Promise<Result> {
    const startedAtMs = this.#nowMs();
    try {
      return await work();
    } finally {
      this.#durationMs += this.#nowMs() - startedAtMs;
    }
  }

  /** Its facts for metrics. A subscription took as long as its beginning. */
  get end(): RequestEnd {
    const { bytes, cache } = this;
    return {
      status: NO_STATUS,
      bytes,
      cache,
      endedAtMs: this.#nowMs(),
      durationMs: this.#durationMs,
      calls: endCalls(),
    };
  }

  /** A subscription takes as long as it is watched: its line tells of faults alone. */
  log(): void {
    const isSubscription = this.prepared?.operation.operation === OperationTypeNode.SUBSCRIPTION;
    logFinishedRequest(
      {
        requestId: this.requestId,
        transport: 'websocket',
        status: null,
        durationMs: isSubscription ? 0 : this.#durationMs,
        faults: this.#faults,
      },
      () => ({
        operationId: this.prepared?.chosen.found?.operation.id ?? null,
        operationName: this.prepared?.operation.name?.value ?? null,
        client: this.prepared?.sent.client ?? this.#identity,
      }),
    );
  }
}
