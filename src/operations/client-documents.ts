/** Of text, in all that is kept. */
const MAX_CHARACTERS = 500_000;

/**
 * Documents that Apollo clients sent with their hash, so that the hash alone is enough the next time. In the memory of
 * one isolate, the oldest forgotten first: anybody may send them, so they are kept nowhere else.
 */
export class ClientDocuments {
  readonly #byId = new Map<string, string>();
  #characters = 0;

  get(sha256Id: string): string | undefined {
    return this.#byId.get(sha256Id);
  }

  set(sha256Id: string, document: string): void {
    if (this.#byId.has(sha256Id)) return;
    this.#byId.set(sha256Id, document);
    this.#characters += document.length;
    for (const [oldestId, oldest] of this.#byId) {
      if (this.#characters <= MAX_CHARACTERS) break;
      this.#byId.delete(oldestId);
      this.#characters -= oldest.length;
    }
  }
}
