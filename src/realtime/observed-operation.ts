/** One operation of a socket, and the log line that it leaves if it failed or was slow. */
import { OperationTypeNode } from 'graphql';
import type { RequestClient, SentRequest } from '../graphql/context.ts';
import type { ClientIdentity } from '../operations/registered-operation.ts';
import type { PreparedOperation } from '../serving/prepare-operation.ts';
import { logFinishedRequest } from '../serving/request-log.ts';

export class ObservedOperation implements SentRequest {
  readonly requestId: string;
  readonly client: RequestClient;
  /** Set once the operation is known. */
  prepared: PreparedOperation | null = null;
  readonly #faults: string[] = [];
  readonly onFault = (code: string) => void this.#faults.push(code);
  readonly #identity: ClientIdentity;
  readonly #nowMs: () => number;
  #durationMs = 0;

  /** @param identity as the connection names it; the operation may name another. */
  constructor(requestId: string, client: RequestClient, identity: ClientIdentity, nowMs: () => number) {
    this.requestId = requestId;
    this.client = client;
    this.#identity = identity;
    this.#nowMs = nowMs;
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
