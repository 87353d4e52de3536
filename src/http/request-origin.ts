import type { WorkOrigin } from '../observability/running-work.ts';

/** The platform's context of a request. To look at a property of it for the first time makes an object for it. */
export type RequestExecution = Pick<ExecutionContext, 'waitUntil' | 'cache'>;

/** Where the work of a request comes from. Each look at the request leaves JavaScript, and is made when it is needed. */
export class RequestOrigin implements WorkOrigin {
  readonly requestId: string;
  readonly tracing: WorkOrigin['tracing'];
  readonly #request: Request;

  constructor(requestId: string, request: Request, tracing: WorkOrigin['tracing']) {
    this.requestId = requestId;
    this.#request = request;
    this.tracing = tracing;
  }

  get traceparent(): string | null {
    return this.#request.headers.get('traceparent');
  }

  get ray(): string | null {
    return this.#request.headers.get('cf-ray');
  }
}
