import type { DocumentNode } from 'graphql';

/** Of text; parsed, each character may weigh some 250 bytes. */
const MAX_CHARACTERS = 100_000;

/** Parsed documents by their text, the oldest forgotten first; bounded, because clients may send any number of them. */
export class ParsedDocuments {
  readonly #byText = new Map<string, DocumentNode>();
  #characters = 0;

  get(text: string): DocumentNode | undefined {
    return this.#byText.get(text);
  }

  set(text: string, document: DocumentNode): void {
    if (this.#byText.has(text) || text.length > MAX_CHARACTERS) return;
    this.#byText.set(text, document);
    this.#characters += text.length;
    for (const oldest of this.#byText.keys()) {
      if (this.#characters <= MAX_CHARACTERS) break;
      this.#byText.delete(oldest);
      this.#characters -= oldest.length;
    }
  }
}
