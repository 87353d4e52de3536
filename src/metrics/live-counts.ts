/** Counts of the sockets of the hubs in an isolate, between two rows of D1. */
import { CLOSE_CODES_COUNTED } from '../config.ts';

export interface HubState {
  sockets: number;
  /** Operations that run. */
  operations: number;
}

export interface LiveTotals {
  /** By the beginning of a hub's id. */
  hubs: [hubId: string, sockets: number, operations: number][];
  opened: number;
  events: number;
  resumes: number;
  gaps: number;
  closes: Record<string, number>;
}

const HUB_ID_CHARACTERS = 16;
const OTHER_CODE = 'other';

export class LiveCounts {
  #hubs = new Map<string, HubState>();
  #opened = 0;
  #events = 0;
  #resumes = 0;
  #gaps = 0;
  #closes = new Map<string, number>();

  /** True if nothing was counted since `take`. The state of a hub alone is no reason to write a row. */
  get isEmpty(): boolean {
    return this.#opened + this.#events + this.#resumes + this.#gaps + this.#closes.size === 0;
  }

  opened(): void {
    this.#opened += 1;
  }

  /** @param count of events, one for each subscription that got it. */
  sent(count: number): void {
    this.#events += count;
  }

  /** A subscription began after a position that it named; with a gap if what it missed is not known any more. */
  resumed(hasGap: boolean): void {
    this.#resumes += 1;
    if (hasGap) this.#gaps += 1;
  }

  /** @param code of the close frame: clients choose theirs. */
  closed(code: number): void {
    const text = String(code);
    const counted = this.#closes.has(text) || this.#closes.size < CLOSE_CODES_COUNTED ? text : OTHER_CODE;
    this.#addCloses(counted, 1);
  }

  /** The state of a hub as it is now. The next row has the last one of each hub. */
  noteHub(hubId: string, state: HubState): void {
    this.#hubs.set(hubId.slice(0, HUB_ID_CHARACTERS), state);
  }

  take(): LiveTotals {
    const totals: LiveTotals = {
      hubs: [...this.#hubs].map(([hubId, { sockets, operations }]) => [hubId, sockets, operations]),
      opened: this.#opened,
      events: this.#events,
      resumes: this.#resumes,
      gaps: this.#gaps,
      closes: Object.fromEntries(this.#closes),
    };
    this.#hubs = new Map();
    this.#closes = new Map();
    [this.#opened, this.#events, this.#resumes, this.#gaps] = [0, 0, 0, 0];
    return totals;
  }

  /** Counts again what could not be written. */
  giveBack({ hubs, opened, events, resumes, gaps, closes }: LiveTotals): void {
    for (const [hubId, sockets, operations] of hubs)
      if (!this.#hubs.has(hubId)) this.#hubs.set(hubId, { sockets, operations });
    this.#opened += opened;
    this.#events += events;
    this.#resumes += resumes;
    this.#gaps += gaps;
    for (const [code, count] of Object.entries(closes)) this.#addCloses(code, count);
  }

  #addCloses(code: string, count: number): void {
    this.#closes.set(code, (this.#closes.get(code) ?? 0) + count);
  }
}
