import type { Liveness, RegisteredOperation } from './registered-operation.ts';

/** What an operation takes beside its document. */
const RECORD_CHARACTERS = 1_000;

export interface KeptOperation {
  operation: RegisteredOperation;
  /** What D1 said, where KV's overlay did not name the operation yet; good until then, in Unix milliseconds. */
  told: { liveness: Liveness; untilMs: number } | null;
}

/** The operations that an isolate has looked up, the least recently used forgotten first. */
export class OperationMemory {
  readonly #kept = new Map<string, KeptOperation>();
  readonly #maxCharacters: number;
  #characters = 0;

  constructor(maxCharacters: number) {
    this.#maxCharacters = maxCharacters;
  }

  get(id: string): KeptOperation | undefined {
    const kept = this.#kept.get(id);
    if (kept === undefined) return undefined;
    this.#kept.delete(id);
    this.#kept.set(id, kept);
    return kept;
  }

  set(id: string, kept: KeptOperation): void {
    this.delete(id);
    this.#kept.set(id, kept);
    this.#characters += weightOf(kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#characters <= this.#maxCharacters) return;
      this.delete(oldest);
    }
  }

  delete(id: string): void {
    const kept = this.#kept.get(id);
    if (kept === undefined) return;
    this.#kept.delete(id);
    this.#characters -= weightOf(kept);
  }

  get size(): number {
    return this.#kept.size;
  }
}

const weightOf = ({ operation }: KeptOperation) => operation.document.length + RECORD_CHARACTERS;
