import type { ClientIdentity, OperationUsage, Refusal } from './registered-operation.ts';

/** Delays counting until it is certain that the request is not processed again elsewhere, which would count it twice. */
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

  /** Passes on the delayed counts; later ones are not delayed. */
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
