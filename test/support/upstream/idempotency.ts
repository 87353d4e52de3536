/**
 * What was answered to which key. The same key with the same body is not carried out again; with another body it is
 * a contradiction. A refusal is remembered too: it was for good.
 */
import { badRequest, conflict, Refusal, type Reply } from './reply.ts';

export interface IdempotencyKey {
  id: string;
  sequence: number;
}

/** The sequences of one id, in the order in which their calls came. */
export interface Handover {
  /** Those that changed something: each of them once. */
  applied: number[];
  /** Those that were lower than one before. */
  ignored: number[];
  refused: number[];
  /** Those that were known already. */
  repeated: number[];
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
  readonly #handovers = new Map<string, Map<string, Handover>>();

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
    const handover = this.#handover(route, key.id);
    if (before !== undefined) {
      if (before.body !== canonical) throw conflict('this Idempotency-Key came with another body before');
      handover.repeated.push(key.sequence);
      if (before.refusal !== null) throw before.refusal;
      return { status: 200, body: stored() };
    }
    let applied: boolean;
    try {
      applied = apply();
    } catch (error) {
      if (error instanceof Refusal && error.status === 409) {
        this.#answered.set(name, { body: canonical, refusal: error });
        handover.refused.push(key.sequence);
      }
      throw error;
    }
    this.#answered.set(name, { body: canonical, refusal: null });
    handover[applied ? 'applied' : 'ignored'].push(key.sequence);
    return { status: applied ? 201 : 200, body: stored() };
  }

  /** By route and id. */
  handovers(): Record<string, Record<string, Handover>> {
    return Object.fromEntries(
      [...this.#handovers].map(([route, byId]) => [route, Object.fromEntries(byId)] as const),
    );
  }

  #handover(route: string, id: string): Handover {
    const byId = this.#handovers.get(route) ?? new Map<string, Handover>();
    this.#handovers.set(route, byId);
    const handover = byId.get(id) ?? { applied: [], ignored: [], refused: [], repeated: [] };
    byId.set(id, handover);
    return handover;
  }
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
