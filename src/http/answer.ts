/**
 * An answer whose body is at hand. It becomes a `Response` once, at the very end: to read one again for its headers
 * and its body costs as much as to make it.
 */
export interface AnswerOptions {
  status?: number;
  /** Whether `headers` has what every answer carries, and lacks its request's id alone: it may serve many answers. */
  isComplete?: boolean;
}

export class Answer {
  readonly body: Uint8Array<ArrayBuffer> | string | null;
  readonly headers: Headers;
  readonly isComplete: boolean;
  readonly #status: number;

  constructor(body: Answer['body'], headers: Headers, options: AnswerOptions = {}) {
    this.body = body;
    this.headers = headers;
    this.isComplete = options.isComplete ?? false;
    this.#status = options.status ?? 200;
  }

  /** A response takes a copy of the headers, which costs less than to write into its own. */
  response(requestId: string): Response {
    this.headers.set('x-request-id', requestId);
    return new Response(this.body, { status: this.#status, headers: this.headers });
  }
}
