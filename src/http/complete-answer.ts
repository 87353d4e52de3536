/**
 * An answer that lacks nothing but its request's id. The headers serve many answers: a response made with them takes a
 * copy, which costs less than to write into its own.
 */
export class CompleteAnswer {
  readonly #body: Uint8Array<ArrayBuffer>;
  readonly #headers: Headers;

  constructor(body: Uint8Array<ArrayBuffer>, headers: Headers) {
    this.#body = body;
    this.#headers = headers;
  }

  response(requestId: string): Response {
    this.#headers.set('x-request-id', requestId);
    return new Response(this.#body, { headers: this.#headers });
  }
}
