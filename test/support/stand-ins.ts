/** Names in the place of values that are drawn anew at each run, so that two runs write the same text. */

/** Values of these names are drawn, wherever they stand. */
const DRAWN = new Map([
  ['accessToken', 'access-token'],
  ['refreshToken', 'refresh-token'],
  ['deviceToken', 'device-token'],
  ['requestId', 'request'],
  ['traceId', 'trace'],
  ['signature', '0xsignature'],
]);
/** Of an EIP-4361 message. */
const NONCE = /(?<=^Nonce: )\w+/m;
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

export class StandIns {
  readonly #byValue = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  /** @returns the value's own stand-in, the same each time. */
  add(value: string, kind: string): string {
    const known = this.#byValue.get(value);
    if (known !== undefined) return known;
    const standIn = `${kind}-${this.#count(kind)}`;
    this.#byValue.set(value, standIn);
    return standIn;
  }

  /** Finds the values by their names, at any depth. */
  find(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, inner] of Object.entries(value)) {
      if (typeof inner === 'string') this.#findIn(name, inner);
      else this.find(inner);
    }
  }

  /** The same value with stand-ins, also where a drawn text is a part of another. */
  replace<Value>(value: Value): Value {
    const longestFirst = [...this.#byValue].toSorted(([a], [b]) => b.length - a.length);
    let text = JSON.stringify(value);
    for (const [drawn, standIn] of longestFirst) text = text.replaceAll(drawn, standIn);
    return JSON.parse(text) as Value;
  }

  #findIn(name: string, text: string): void {
    const kind = DRAWN.get(name);
    const [nonce] = NONCE.exec(text) ?? [];
    if (kind !== undefined) this.add(text, kind);
    else if (name === 'hash') this.#addDigits(text, 'hash');
    else if (nonce !== undefined) this.add(nonce, 'nonce');
    else for (const [uuid] of text.matchAll(UUID)) this.#addDigits(uuid, 'uuid');
  }

  #addDigits(drawn: string, kind: string): void {
    if (this.#byValue.has(drawn)) return;
    const count = String(this.#count(kind));
    const zeros = drawn.replaceAll(/[0-9a-f]/g, '0');
    this.#byValue.set(drawn, zeros.slice(0, -count.length) + count);
  }

  #count(kind: string): number {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    return count;
  }
}
