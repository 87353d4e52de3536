/**
 * What was answered to which key. The same key with the same body is not carried out again; with another body it is
 * a contradiction. A refusal is remembered too: it was for good.
 */
import { badRequest, conflict, Refusal, type Reply } from './reply.ts';

export interface IdempotencyKey {
  id: string;
  sequence: number;
}

interface Remembered {
  body: string;
  refusal: Refusal | null;
}

export function parseIdempotencyKey(header: string | null): IdempotencyKey {
  const match = /^(.{1,200}):(\d{1,12})$/.exec(header ?? '');
  if (match?.[1] === undefined || match[2] === undefined) {
    throw badRequest('Idempotency-Key must be <id>:<sequence>');
  }
  return { id: match[1], sequence: Number(match[2]) };
}

export class IdempotencyLedger {
  readonly #answered = new Map<string, Remembered>();

  /**
   * `apply` says whether anything came of it, and throws a conflict to refuse; `stored` reads the record as it is now.
   */
  once(
    route: string,
    key: IdempotencyKey,
    body: unknown,
    apply: () => boolean,
    stored: () => unknown,
  ): Reply {
    const name = `${route} ${key.id}:${key.sequence}`;
    const canonical = canonicalJson(body);
    const before = this.#answered.get(name);
    if (before !== undefined) {
      if (before.body !== canonical) throw conflict('this Idempotency-Key came with another body before');
      if (before.refusal !== null) throw before.refusal;
      return { status: 200, body: stored() };
    }
    let applied: boolean;
    try {
      applied = apply();
    } catch (error) {
      if (error instanceof Refusal && error.status === 409) {
        this.#answered.set(name, { body: canonical, refusal: error });
      }
      throw error;
    }
    this.#answered.set(name, { body: canonical, refusal: null });
    return { status: applied ? 201 : 200, body: stored() };
  }
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
