/**
 * One tenant: both upstream APIs over one market of its own. The same options and the same clock give the same
 * answers to the byte, as long as nobody hands anything over or sets anything by hand.
 */
import { type CallSummary, Calls } from './calls.ts';
import { Clock, realSeconds } from './clock.ts';
import { listCoins, type MarketSource } from './coins.ts';
import { EXTRA_SYMBOLS } from './extra-symbols.ts';
import { type FaultSetting, Faults } from './faults.ts';
import { planInvestments } from './investment-plans.ts';
import { InvestmentBook } from './investments.ts';
import { People } from './people.ts';
import { planPools } from './pool-plans.ts';
import { PoolBook } from './pools.ts';
import { PriceBook } from './prices.ts';
import { FileBook } from './project-files.ts';
import { ProjectBook } from './projects.ts';
import { anchorsOfCoin, quoteOfCoin, quoteOfSymbol } from './quotes.ts';
import { recordedBitcoin } from './recorded-bitcoin.ts';
import type { Fields, MarketRecords, UserStatsRecord } from './records.ts';
import type { RouteName } from './route-names.ts';
import { type DailyCandle, hasSharedMarket } from './shared-market-files.ts';
import { UserWrites } from './user-writes.ts';

/** When the real coins were listed: 2024-02-18T13:34:37Z. */
export const DEFAULT_START_AT = 1_708_263_277;
export const DEFAULT_API_KEY = 'simulated-internal-key';

export interface MarketOptions {
  id?: string;
  seed?: number;
  apiKey?: string;
  /** Unix seconds. */
  startAt?: number;
  /** The clock follows the real one, from the real now. */
  live?: boolean;
  source?: MarketSource;
  projectCount?: number;
  poolCount?: number;
  investmentCount?: number;
  /** So many projects have pictures, documents and media at URLs of the market's own. */
  projectsWithFiles?: number;
}

export class Market {
  readonly id: string;
  readonly mainApiUrl: string;
  readonly priceApiUrl: string;
  readonly apiKey: string;
  readonly startAt: number;
  readonly source: MarketSource;
  readonly projects: ProjectBook;
  readonly pools: PoolBook;
  readonly investments: InvestmentBook;
  readonly people: People;
  readonly writes: UserWrites;
  readonly prices: PriceBook;
  readonly files: FileBook;
  /** Bitcoin's real days, where the source has them. */
  readonly recorded: ReadonlyMap<number, DailyCandle>;
  /** Whole answers set by hand, as JSON text, by route: they may hold numbers and texts that no object can. */
  readonly writtenAnswers = new Map<RouteName, string>();
  readonly faults = new Faults();
  readonly callLog = new Calls();
  readonly #seed: number;
  readonly #clock: Clock;

  constructor(id: string, serverUrl: string, options: MarketOptions = {}) {
    const { seed = 1, live = false, projectCount = 250, poolCount = 60, investmentCount = 200 } = options;
    this.id = id;
    this.mainApiUrl = `${serverUrl}/${id}/main`;
    this.priceApiUrl = `${serverUrl}/${id}/price`;
    this.apiKey = options.apiKey ?? DEFAULT_API_KEY;
    this.startAt = live ? realSeconds() : (options.startAt ?? DEFAULT_START_AT);
    this.source = options.source ?? (hasSharedMarket() ? 'shared' : 'made-up');
    this.#seed = seed;
    this.#clock = new Clock(this.startAt, live);

    const bitcoin = recordedBitcoin(this.source, this.startAt);
    this.recorded = bitcoin.byDay;
    const coins = listCoins(this.source, projectCount, seed);
    this.prices = new PriceBook(seed);
    this.files = new FileBook(`${serverUrl}/${id}/files`);
    this.projects = new ProjectBook(seed, this.startAt, this.files);
    const listed = coins.map((coin) => {
      // Two coins of one symbol have prices of their own; the price API knows the larger one's.
      const key = this.prices.find(coin.symbol) === undefined ? coin.symbol : coin.id;
      const anchors = coin.symbol === 'BTC' ? bitcoin.anchors(coin) : anchorsOfCoin(coin, this.startAt);
      const quote = quoteOfCoin(coin, key, seed, anchors);
      this.prices.add(quote);
      return { coin, quote };
    });
    this.projects.list(listed, options.projectsWithFiles);
    for (const symbol of EXTRA_SYMBOLS) this.prices.add(quoteOfSymbol(symbol, null, seed, this.startAt));

    const holders = coins.map((coin) => ({ id: `prj_${coin.id}`, name: coin.name }));
    const pools = planPools(holders, poolCount, seed, this.startAt);
    const investments = planInvestments(pools, investmentCount, seed, this.startAt);
    this.investments = new InvestmentBook(
      investments,
      this.startAt,
      (poolId) => this.pools.saleEnd(poolId),
      (poolId) => this.pools.cancelledAt(poolId),
    );
    this.pools = new PoolBook(pools, investments, this.investments.edgeSales.bind(this.investments));
    this.people = new People(seed, this.startAt);
    this.writes = new UserWrites(this.people, this.pools, this.investments);
  }

  now(): number {
    return this.#clock.now();
  }

  /** Moves the clock forward; answers the new time. */
  advance(seconds: number): number {
    return this.#clock.advance(seconds);
  }

  moveTo(now: number): number {
    return this.#clock.moveTo(now);
  }

  setFault(setting: FaultSetting): void {
    this.faults.set(setting);
  }

  clearFaults(): void {
    this.faults.clear();
  }

  calls(): CallSummary {
    return this.callLog.summary();
  }

  resetCalls(): void {
    this.callLog.reset();
  }

  /** As the sync routes would give them now, without `since`. */
  records(): MarketRecords {
    const now = this.now();
    return {
      projects: this.projects.all(now),
      pools: this.pools.all(now),
      investments: this.investments.all(now),
    };
  }

  patchProject(id: string, fields: Fields): void {
    this.projects.override(id, fields, this.now(), false);
    this.#knowSymbol(fields);
  }

  putProject(id: string, record: Fields): void {
    this.projects.override(id, record, this.now(), true);
    this.#knowSymbol(record);
  }

  patchPool(id: string, fields: Fields): void {
    this.pools.override(id, fields, this.now(), false);
  }

  putPool(id: string, record: Fields): void {
    this.pools.override(id, record, this.now(), true);
  }

  patchInvestment(id: string, fields: Fields): void {
    this.investments.override(id, fields, this.now(), false);
  }

  putInvestment(id: string, record: Fields): void {
    this.investments.override(id, record, this.now(), true);
  }

  /** From now on; null lets the market move it again. A symbol nobody knows becomes known. */
  pinPrice(symbol: string, priceUsd: number | null): void {
    const name = symbol.toUpperCase();
    if (priceUsd !== null && this.prices.find(name) === undefined) {
      this.prices.add(quoteOfSymbol(name, priceUsd, this.#seed, this.now()));
    }
    this.prices.find(name)?.instrument.pin(priceUsd, this.now());
  }

  setEligible(poolId: string, userId: string, eligible: boolean): void {
    this.people.setEligible(poolId, userId, eligible, this.now());
  }

  setUserStats(userId: string, stats: Partial<UserStatsRecord>): UserStatsRecord {
    return this.people.setStats(userId, stats, this.now());
  }

  closeUser(userId: string): void {
    this.people.close(userId, this.now());
  }

  #knowSymbol(record: Fields): void {
    const { symbol, current_price: price } = record;
    if (typeof symbol !== 'string' || symbol === '') return;
    const priceUsd = typeof price === 'number' && price > 0 ? price : null;
    this.prices.add(quoteOfSymbol(symbol.toUpperCase(), priceUsd, this.#seed, this.now()));
  }
}
