/** What a route answers, before any fault gets at it. */
export interface Reply {
  status: number;
  body: unknown;
  /** The bytes of the body, where they are not those of `body`. */
  json?: string;
  headers?: Record<string, string>;
}

export class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  reply(): Reply {
    return { status: this.status, body: { code: this.code, message: this.message } };
  }
}

export function badRequest(message: string): Refusal {
  return new Refusal(400, 'BAD_REQUEST', message);
}

export function notFound(message: string): Refusal {
  return new Refusal(404, 'NOT_FOUND', message);
}

export function conflict(message: string): Refusal {
  return new Refusal(409, 'CONFLICT', message);
}
