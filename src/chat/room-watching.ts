/** About how many watch a room: the sum of what its hubs say. They are asked seldom, and only if somebody wants to know. */
import { CHAT_WATCHING_SECONDS } from '../config.ts';

export interface WatchingSources {
  hubIds(): readonly string[];
  /** Rejects if the hub does not answer in time: it counts as none. */
  watching(hubId: string): Promise<number>;
  nowMs(): number;
}

export class RoomWatching {
  readonly #sources: WatchingSources;
  #count = 0;
  #askedAtMs: number | null = null;

  constructor(sources: WatchingSources) {
    this.#sources = sources;
  }

  async count(): Promise<number> {
    const { hubIds, watching, nowMs } = this.#sources;
    const hubs = hubIds();
    if (hubs.length === 0) return 0;
    const atMs = nowMs();
    // A clock may be set back.
    const ageMs = this.#askedAtMs === null ? Number.POSITIVE_INFINITY : Math.abs(atMs - this.#askedAtMs);
    if (ageMs < CHAT_WATCHING_SECONDS * 1000) return this.#count;
    this.#askedAtMs = atMs;
    const counts = await Promise.all(hubs.map((hubId) => watching(hubId).catch(() => 0)));
    this.#count = counts.reduce((sum, count) => sum + count, 0);
    return this.#count;
  }
}
