/**
 * Copies of sessions, which save a read of D1: in this isolate's memory and in KV. No copy is used that is older than
 * `SESSION_COPY_MAX_AGE_SECONDS` since D1 had its values, wherever it lay in between. KV that fails fails no request.
 *
 * A session that has ended never comes back, so this isolate remembers it without a time limit.
 */
import { type BoundedMemory, ENTRY_BYTES, textBytes } from '../storage/bounded-memory.ts';
import { SESSION_COPY_MAX_AGE_SECONDS } from '../storage/kv/keys.ts';
import {
  deleteSessionCopies,
  readSessionCopy,
  type SessionCopy,
  writeSessionCopy,
} from '../storage/kv/sessions.ts';

export const ENDED = 'ended';
export type RememberedSession = SessionCopy | typeof ENDED;

export interface SessionCopySources {
  kv: KVNamespace;
  memory: BoundedMemory<RememberedSession>;
  nowSeconds(): number;
  /** No request waits for it. */
  inBackground(work: Promise<unknown>): void;
}

export class SessionCopies {
  readonly #sources: SessionCopySources;

  constructor(sources: SessionCopySources) {
    this.#sources = sources;
  }

  /** The copy in this isolate's memory; undefined if it has none that may be used. */
  recall(sessionId: string): RememberedSession | undefined {
    const remembered = this.#sources.memory.get(sessionId);
    return remembered === undefined || remembered === ENDED || this.#isRecent(remembered)
      ? remembered
      : undefined;
  }

  /** One KV read; null if KV has no copy that may be used. */
  async read(sessionId: string): Promise<SessionCopy | null> {
    const copy = await readSessionCopy(this.#sources.kv, sessionId);
    if (copy === null || copy.sessionId !== sessionId || !this.#isRecent(copy)) return null;
    this.remember(copy);
    return copy;
  }

  /** In this isolate's memory alone. */
  remember(copy: SessionCopy): void {
    const { memory } = this.#sources;
    // It may have ended while it was read.
    if (memory.get(copy.sessionId) !== ENDED) memory.set(copy.sessionId, copy, weightOf(copy));
  }

  /** For the other isolates. */
  publish(copy: SessionCopy): void {
    const { kv, inBackground } = this.#sources;
    inBackground(writeSessionCopy(kv, copy));
  }

  /** For a session whose values have changed in D1. */
  drop(sessionId: string): void {
    const { kv, memory, inBackground } = this.#sources;
    if (memory.get(sessionId) !== ENDED) memory.delete(sessionId);
    inBackground(deleteSessionCopies(kv, [sessionId]));
  }

  /** For sessions that have ended in D1. */
  forget(sessionIds: readonly string[]): void {
    const { kv, memory, inBackground } = this.#sources;
    for (const id of sessionIds) memory.set(id, ENDED, textBytes(id) + ENTRY_BYTES);
    if (sessionIds.length > 0) inBackground(deleteSessionCopies(kv, sessionIds));
  }

  /** A copy from the future has no age that is known. */
  #isRecent({ readAt }: SessionCopy): boolean {
    const ageSeconds = this.#sources.nowSeconds() - readAt;
    return ageSeconds >= 0 && ageSeconds < SESSION_COPY_MAX_AGE_SECONDS;
  }
}

/** Numbers and names of properties, beside the texts. */
const COPY_BYTES = 400;

function weightOf(copy: SessionCopy): number {
  const { sessionId, userId, email, displayName, avatarUrl, ipAddress, userAgent, device } = copy;
  const texts = [sessionId, sessionId, userId, email, displayName, avatarUrl, ipAddress, userAgent, device];
  const lists = [...copy.walletAddresses, ...copy.permissions];
  return COPY_BYTES + ENTRY_BYTES + textBytes(...texts.map((text) => text ?? ''), ...lists);
}
