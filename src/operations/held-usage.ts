import type { ClientIdentity, OperationUsage, Refusal } from './registered-operation.ts';

/** Counts nothing until it is known that nobody else decides the request again, and counts it. */
export class HeldUsage implements OperationUsage {
  readonly #usage: OperationUsage;
  #held: (() => void)[] | null = [];

  constructor(usage: OperationUsage) {
    this.#usage = usage;
  }

  used(operationId: string, client: ClientIdentity): void {
    this.#count(() => this.#usage.used(operationId, client));
  }

  refused(refusal: Refusal): void {
    this.#count(() => this.#usage.refused(refusal));
  }

  /** From here on everything is counted at once. */
  letGo(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const count of held) count();
  }

  #count(count: () => void): void {
    if (this.#held === null) count();
    else this.#held.push(count);
  }
}
