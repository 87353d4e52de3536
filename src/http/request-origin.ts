import type { WorkOrigin } from '../observability/running-work.ts';

/** The platform's context of a request; tests leave its tracing out. */
export type RequestExecution = Pick<ExecutionContext, 'waitUntil' | 'cache'> &
  Partial<Pick<ExecutionContext, 'tracing'>>;

/** Where the work of a request comes from. Each look at the request leaves JavaScript, and is made when it is needed. */
export class RequestOrigin implements WorkOrigin {
  readonly requestId: string;
  readonly #request: Request;
  readonly #ctx: RequestExecution;

  constructor(requestId: string, request: Request, ctx: RequestExecution) {
    this.requestId = requestId;
    this.#request = request;
    this.#ctx = ctx;
  }

  get traceparent(): string | null {
    return this.#request.headers.get('traceparent');
  }

  get ray(): string | null {
    return this.#request.headers.get('cf-ray');
  }

  get tracing(): Tracing | undefined {
    return this.#ctx.tracing;
  }
}
