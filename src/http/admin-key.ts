/**
 * The key of the admin endpoint.
 *
 * Each isolate counts wrong keys and answers 429 beyond a limit. The right key always passes: an attacker cannot lock its
 * owner out. The comparison takes the same time for every wrong key.
 */
export const WRONG_KEYS_MAX = 10;
const WINDOW_SECONDS = 60;

export type KeyVerdict = { allowed: true } | { allowed: false; retryAfterSeconds: number | null };

export class AdminKey {
  readonly #key: string;
  readonly #nowMs: () => number;
  #wrong = 0;
  #windowBeganAtMs = Number.NEGATIVE_INFINITY;

  constructor(key: string, nowMs: () => number) {
    this.#key = key;
    this.#nowMs = nowMs;
  }

  async check(authorization: string | null): Promise<KeyVerdict> {
    const [, sent = ''] = /^Bearer (\S+)$/i.exec(authorization ?? '') ?? [];
    if (await equalInConstantTime(sent, this.#key)) return { allowed: true };
    const nowMs = this.#nowMs();
    const elapsedMs = nowMs - this.#windowBeganAtMs;
    if (elapsedMs >= WINDOW_SECONDS * 1000 || elapsedMs < 0) {
      this.#windowBeganAtMs = nowMs;
      this.#wrong = 0;
    }
    this.#wrong += 1;
    if (this.#wrong <= WRONG_KEYS_MAX) return { allowed: false, retryAfterSeconds: null };
    const endsAtMs = this.#windowBeganAtMs + WINDOW_SECONDS * 1000;
    return { allowed: false, retryAfterSeconds: Math.max(1, Math.ceil((endsAtMs - nowMs) / 1000)) };
  }
}

/** Compares digests, which have one length for any input. */
async function equalInConstantTime(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([digestOf(one), digestOf(other)]);
  let different = 0;
  for (const [index, byte] of a.entries()) different |= byte ^ (b[index] ?? 0);
  return different === 0;
}

const digestOf = async (text: string) =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
