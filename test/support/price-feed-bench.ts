import { PollingPriceFeed } from '../../src/realtime/price-feed.ts';
import type { TopicChange, TopicStates } from '../../src/realtime/topic-log.ts';
import type { PriceRecord } from '../../src/storage/kv/prices.ts';
import type { UndatedPrice } from '../../src/upstream/price-api.ts';
import { ObjectStorage } from './object-storage.ts';

/** A feed over a price API, hubs and a storage that a test holds in its hands. */
export class PriceFeedBench {
  readonly prices = new Map<string, PriceRecord>();
  readonly asked: string[][] = [];
  readonly told: { hubId: string; prices: [string, number][] }[] = [];
  readonly positions: number[] = [];
  readonly deafHubs = new Set<string>();
  readonly stuckHubs = new Set<string>();
  readonly storage = new ObjectStorage();
  readonly undated = new Map<string, UndatedPrice>();
  isDown = false;
  isSilent = false;
  held: Promise<void> = Promise.resolve();
  feed = this.started();

  get alarm(): number | null {
    return this.storage.alarmMs;
  }

  /** A new instance over the same storage. */
  started(): PollingPriceFeed {
    return new PollingPriceFeed({
      storage: this.storage as unknown as DurableObjectStorage,
      nowMs: () => 100_000,
      pollMs: 5_000,
      fetchPrices: async (symbols) => {
        this.asked.push([...symbols].sort());
        if (this.isSilent) await new Promise(() => undefined);
        await this.held;
        if (this.isDown) throw new Error('down');
        return {
          prices: new Map([...this.prices].filter(([symbol]) => symbols.includes(symbol))),
          undated: this.undated,
        };
      },
      publish: async (hubId, changes) => {
        if (this.deafHubs.has(hubId)) throw new Error('deaf');
        if (this.stuckHubs.has(hubId)) await new Promise(() => undefined);
        this.told.push({ hubId, prices: shown(changes) });
        this.positions.push(...changes.map(({ position }) => position));
      },
    });
  }

  price(symbol: string, priceUsd: number, lastUpdate: number): void {
    this.prices.set(symbol, { symbol, priceUsd, lastUpdate });
  }

  /** Begins to watch, and waits for the price API. */
  async watch(hubId: string, symbols: string[]): Promise<TopicStates<PriceRecord>> {
    await this.feed.watch(hubId, symbols);
    return this.feed.refreshed(symbols);
  }

  async poll(): Promise<PriceFeedBench['told']> {
    this.storage.alarmMs = null;
    await this.feed.poll();
    return this.told.splice(0);
  }
}

const shown = (changes: readonly TopicChange<PriceRecord>[]) =>
  changes.map(({ value }): [string, number] => [value.symbol, value.priceUsd]);
export const current = ({ topics }: TopicStates<PriceRecord>) =>
  shown(topics.flatMap(({ changes }) => changes));
