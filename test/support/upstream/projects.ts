/**
 * The main API's projects. A live project's figures are those of its last update, and each is updated every
 * five minutes at a moment of its own, so that a sync with `since` brings only some.
 */
import type { Coin } from './coins.ts';
import { TIDY_COUNT } from './coins.ts';
import { DAY_SECONDS } from './instrument.ts';
import { type FieldOverrides, Overrides } from './overrides.ts';
import type { FileBook } from './project-files.ts';
import { projectDetail, projectText } from './project-text.ts';
import { changePercent, marketCapAt, type Quote, volumeAt } from './quotes.ts';
import { Dice } from './random.ts';
import type { Fields, ProjectDetailRecord, ProjectRecord, ProjectStatus } from './records.ts';

const UPDATE_SECONDS = 300;
const TRENDING_COUNT = 50;
const SHARED_LISTING_DAYS = [30, 90, 365, 1_000];

interface Listing {
  quote: Quote;
  fixed: Omit<ProjectRecord, 'updated_at'>;
  dice: Dice;
  /** Where in the five minutes its update falls; null for those that are not updated any more. */
  phaseSeconds: number | null;
  fixedUpdatedAt: number;
  /** Rounded figures tie with others. */
  coarse: boolean;
  hasFiles: boolean;
}

export class ProjectBook {
  readonly #seed: number;
  readonly #startAt: number;
  readonly #files: FileBook;
  readonly #listings = new Map<string, Listing>();
  readonly #overrides = new Overrides();

  constructor(seed: number, startAt: number, files: FileBook) {
    this.#seed = seed;
    this.#startAt = startAt;
    this.#files = files;
  }

  list(coins: readonly { coin: Coin; quote: Quote }[], withFiles = 0): void {
    const trending = trendingRanks(
      coins.slice(0, TIDY_COUNT).map(({ coin }) => coin.id),
      this.#seed,
    );
    for (const [index, { coin, quote }] of coins.entries()) {
      const dice = new Dice(this.#seed, `project:${coin.id}`);
      const listing = listingOf(coin, quote, dice, this.#startAt, trending.get(coin.id) ?? null);
      if (index < withFiles) {
        listing.hasFiles = true;
        Object.assign(listing.fixed, this.#files.pictures(coin.slug, dice));
      }
      this.#listings.set(listing.fixed.id, listing);
    }
  }

  has(id: string): boolean {
    return this.#listings.has(id) || this.#overrides.has(id);
  }

  override(id: string, fields: Fields, now: number, whole: boolean): void {
    this.#overrides.set(id, fields, now, whole);
  }

  all(now: number): ProjectRecord[] {
    return this.changedSince(0, now);
  }

  changedSince(since: number, now: number): ProjectRecord[] {
    const rows: ProjectRecord[] = [];
    for (const [id, listing] of this.#listings) {
      const override = this.#overrides.find(id);
      if (override?.whole) continue;
      const updatedAt = updatedAtOf(listing, now);
      if (updatedAt < since && override === undefined) continue;
      const row = rowOf(listing, updatedAt);
      if (override === undefined) rows.push(row);
      else pushIfSince(rows, patched(row, updatedAt, override), since);
    }
    for (const [id, override] of this.#overrides.whole()) {
      const row = { ...override.fields, id, updated_at: override.fields.updated_at ?? override.touchedAt };
      pushIfSince(rows, row as unknown as ProjectRecord, since);
    }
    return rows;
  }

  detail(id: string): ProjectDetailRecord | null {
    if (!this.has(id)) return null;
    const name = this.#overrides.find(id)?.fields.name ?? this.#listings.get(id)?.fixed.name;
    return {
      ...projectDetail(id, typeof name === 'string' ? name : id, this.#seed, this.#startAt),
      ...(this.#listings.get(id)?.hasFiles && this.#files.ofDetail(id, this.#seed, this.#startAt)),
    };
  }
}

function pushIfSince(rows: ProjectRecord[], row: ProjectRecord, since: number): void {
  if (typeof row.updated_at !== 'number' || row.updated_at >= since) rows.push(row);
}

function patched(row: ProjectRecord, updatedAt: number, override: FieldOverrides): ProjectRecord {
  return { ...row, updated_at: Math.max(updatedAt, override.touchedAt), ...override.fields };
}

function trendingRanks(ids: readonly string[], seed: number): Map<string, number> {
  const drawn = ids.map((id) => ({ id, draw: new Dice(seed, `trending:${id}`).unit('draw') }));
  drawn.sort((a, b) => a.draw - b.draw);
  return new Map(drawn.slice(0, TRENDING_COUNT).map(({ id }, index) => [id, index + 1]));
}

function statusOf(coin: Coin, dice: Dice): ProjectStatus {
  if (coin.rank <= TIDY_COUNT) return 'live';
  const draw = dice.unit('status');
  if (draw < 0.7) return 'live';
  return draw < 0.82 ? 'upcoming' : draw < 0.93 ? 'paused' : 'delisted';
}

function listingOf(coin: Coin, quote: Quote, dice: Dice, startAt: number, trending: number | null): Listing {
  const status = statusOf(coin, dice);
  const day = Math.floor(startAt / DAY_SECONDS) * DAY_SECONDS;
  const upcoming = status === 'upcoming';
  const age = dice.chance('shares-listing-day', 0.15)
    ? (SHARED_LISTING_DAYS[dice.whole('listing-day', 0, 3)] ?? 30)
    : dice.whole('listed-before', 2, 3_600);
  const listed = !upcoming && dice.chance('has-listing', 0.94);
  const launch = upcoming
    ? day + dice.whole('launch-in', 1, 90) * DAY_SECONDS
    : day - (age + 20) * DAY_SECONDS;
  const known = !coin.generated || !upcoming;
  const fixed: Omit<ProjectRecord, 'updated_at'> = {
    id: `prj_${coin.id}`,
    name: coin.name,
    symbol: coin.symbol,
    slug: coin.slug,
    status,
    ...projectText(coin, dice),
    logo_url: dice.chance('has-logo', 0.95) ? coin.logoUrl : null,
    circulating_supply: known ? quote.circulatingSupply : null,
    total_supply: coin.totalSupply,
    max_supply: coin.maxSupply,
    market_cap_rank: known ? quote.rank : null,
    trending_rank: trending,
    trending_score:
      trending === null || dice.chance('no-score', 0.08)
        ? null
        : 100 - trending + dice.whole('score', 0, 9) / 10,
    launch_date: dice.chance('has-launch', 0.9) ? launch : null,
    listing_date: listed ? day - age * DAY_SECONDS : null,
  };
  return {
    quote,
    fixed: dice.chance('leaves-out', 0.25) ? withoutNulls(fixed) : fixed,
    dice,
    phaseSeconds: status === 'live' ? dice.whole('phase', 0, UPDATE_SECONDS - 1) : null,
    fixedUpdatedAt: startAt - dice.whole('stale-days', 1, 60) * DAY_SECONDS,
    coarse: coin.rank > 60 && dice.chance('coarse', 0.35),
    hasFiles: false,
  };
}

function updatedAtOf(listing: Listing, now: number): number {
  if (listing.phaseSeconds === null) return listing.fixedUpdatedAt;
  return Math.floor((now - listing.phaseSeconds) / UPDATE_SECONDS) * UPDATE_SECONDS + listing.phaseSeconds;
}

function rowOf(listing: Listing, updatedAt: number): ProjectRecord {
  const { quote, dice, coarse } = listing;
  const row: ProjectRecord = { ...listing.fixed, updated_at: updatedAt };
  if (row.status === 'upcoming') return { ...row, current_price: null, market_cap: null, volume_24h: null };
  const change = (topic: string, days: number) => {
    if (!quote.complete && dice.chance(`no-${topic}`, 0.06)) return null;
    const percent = changePercent(quote.instrument, updatedAt, days * DAY_SECONDS);
    return coarse ? Math.round(percent * 10) / 10 : percent;
  };
  const cap = marketCapAt(quote, updatedAt);
  row.current_price =
    quote.complete || dice.chance('has-price', 0.97) ? quote.instrument.priceAt(updatedAt) : null;
  row.price_change_24h = change('24h', 1);
  row.price_change_7d = change('7d', 7);
  row.price_change_30d = change('30d', 30);
  row.market_cap = cap !== null && coarse ? Number(cap.toPrecision(2)) : cap;
  row.volume_24h = volumeAt(quote, updatedAt);
  return row;
}

function withoutNulls<Part extends object>(record: Part): Part {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null)) as Part;
}
