/**
 * Cloudflare's prices, as its documentation said on the day below, in US dollars a month.
 *
 * Read from the sources of the documentation (github.com/cloudflare/cloudflare-docs), because the machine that
 * benchmarks reaches no other page. What a contract or a free plan says is not here.
 */
export const PRICES_READ_ON = '2026-11-22';

export interface UnitPrice {
  /** Included in the plan, in units a month. */
  included: number;
  /** For a million units beyond it; of storage, for a million bytes kept all month. */
  dollarsPerMillion: number;
  source: string;
}

const WORKERS = 'https://developers.cloudflare.com/workers/platform/pricing/';
const KV = 'https://developers.cloudflare.com/kv/platform/pricing/';
const D1 = 'https://developers.cloudflare.com/d1/platform/pricing/';
const GIGABYTE = 1e9;

const DURABLE_OBJECTS = 'https://developers.cloudflare.com/durable-objects/platform/pricing/';

/** Workers Paid. Answers of Workers' own cache are requests as well (https://developers.cloudflare.com/workers/cache/#billing). */
export const BASE_DOLLARS = 5;

export const UNIT_PRICES = {
  workerRequests: { included: 10e6, dollarsPerMillion: 0.3, source: WORKERS },
  workerCpuMs: { included: 30e6, dollarsPerMillion: 0.02, source: WORKERS },
  kvReads: { included: 10e6, dollarsPerMillion: 0.5, source: KV },
  kvWrites: { included: 1e6, dollarsPerMillion: 5, source: KV },
  kvDeletes: { included: 1e6, dollarsPerMillion: 5, source: KV },
  kvBytes: { included: GIGABYTE, dollarsPerMillion: 0.5 / 1000, source: KV },
  d1RowsRead: { included: 25e9, dollarsPerMillion: 0.001, source: D1 },
  d1RowsWritten: { included: 50e6, dollarsPerMillion: 1, source: D1 },
  d1Bytes: { included: 5 * GIGABYTE, dollarsPerMillion: 0.75 / 1000, source: D1 },
} as const satisfies Record<string, UnitPrice>;

/** Durable Objects that store in SQLite. */
export const OBJECT_PRICES = {
  /** HTTP requests, RPC calls, alarms, and for each 20 WebSocket messages that come in one. Messages that go out are free. */
  requests: { included: 1e6, dollarsPerMillion: 0.15, source: DURABLE_OBJECTS },
  /** While an object runs or cannot hibernate; not while it could, whether or not it does. */
  gigabyteSeconds: { included: 400_000, dollarsPerMillion: 12.5, source: DURABLE_OBJECTS },
  rowsRead: { included: 25e9, dollarsPerMillion: 0.001, source: DURABLE_OBJECTS },
  /** Each alarm that is set is one, too. */
  rowsWritten: { included: 50e6, dollarsPerMillion: 1, source: DURABLE_OBJECTS },
} as const satisfies Record<string, UnitPrice>;

export const MESSAGES_PER_OBJECT_REQUEST = 20;
/** Whatever an object uses of it: 128 MB of what the price calls a gigabyte. */
export const OBJECT_GIGABYTES = 0.128;

export type Unit = keyof typeof UNIT_PRICES;
/** Units used in a month. */
export type MonthlyUse = Readonly<Record<Unit, number>>;

export interface Bill {
  workers: number;
  kv: number;
  d1: number;
  total: number;
}

/** The dollars of a month, beyond the included units. */
export const dollarsAt = ({ included, dollarsPerMillion }: UnitPrice, used: number): number =>
  (Math.max(0, used - included) / 1e6) * dollarsPerMillion;

export const dollarsOf = (unit: Unit, used: number): number => dollarsAt(UNIT_PRICES[unit], used);

/** In dollars a month; the plan's own price is in the Workers' part. */
export function billOf(use: MonthlyUse): Bill {
  const sum = (...units: Unit[]) => units.reduce((total, unit) => total + dollarsOf(unit, use[unit]), 0);
  const workers = BASE_DOLLARS + sum('workerRequests', 'workerCpuMs');
  const kv = sum('kvReads', 'kvWrites', 'kvDeletes', 'kvBytes');
  const d1 = sum('d1RowsRead', 'd1RowsWritten', 'd1Bytes');
  return { workers, kv, d1, total: workers + kv + d1 };
}
