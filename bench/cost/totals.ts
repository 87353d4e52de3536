/** What a simulated stretch of traffic came to, and what a month of it would. */
import type { KvCounts } from './fake-kv.ts';
import type { Served, SimulatedRequest } from './isolate.ts';
import type { CronCost, MeasuredCosts, MeasuredRequest } from './measure-gateway.ts';
import type { UsageCost } from './measure-usage.ts';
import { type Bill, billOf, type MonthlyUse } from './prices.ts';

export type Tier = 'front' | 'front, upper' | 'memory' | 'location' | 'upper' | 'kv';

export interface OperationTotals {
  requests: number;
  hits: number;
  /** Those that the Worker answered. */
  workerHits: number;
  stale: number;
  executions: number;
  ageMs: number;
}

export interface MonthTotals {
  requests: number;
  invocations: number;
  hitRate: number;
  /** Of the hit rate: the standard error over stretches of ten minutes. */
  hitRateError: number;
  staleRate: number;
  hitsByTier: Partial<Record<Tier, number>>;
  executions: number;
  upstreamCalls: number;
  d1Calls: number;
  kvReads: Record<string, number>;
  kvWrites: Record<string, number>;
  use: MonthlyUse;
  bill: Bill;
}

const HOURS_A_MONTH = 720;
const BATCH_MS = 600_000;

export class Totals {
  readonly #costs = new Map<SimulatedRequest, MeasuredRequest>();
  readonly byOperation = new Map<string, OperationTotals>();
  #tiers = new Map<Tier, number>();
  #publics = 0;
  #privates = 0;
  #invocations = 0;
  #hits = 0;
  #stale = 0;
  #upstream = 0;
  #d1Calls = 0;
  #rowsRead = 0;
  #rowsWritten = 0;
  #hours = 0;
  #kv: Record<'reads' | 'writes', Record<string, number>> = { reads: {}, writes: {} };

  readonly #pricesPutInWhenServed: boolean;
  /** Hits among public requests, by stretches of ten minutes. */
  #batches = new Map<number, { hits: number; requests: number }>();

  /** @param options.pricesPutInWhenServed a hit takes at most the CPU of an execution, not that of sending bytes. */
  constructor(options: { pricesPutInWhenServed: boolean }) {
    this.#pricesPutInWhenServed = options.pricesPutInWhenServed;
  }

  know(request: SimulatedRequest, cost: MeasuredRequest): void {
    this.#costs.set(request, cost);
  }

  reset(): void {
    this.byOperation.clear();
    this.#tiers = new Map();
    this.#batches = new Map();
    this.#publics = this.#privates = this.#invocations = this.#hits = this.#stale = 0;
    this.#upstream = this.#d1Calls = this.#rowsRead = this.#rowsWritten = 0;
  }

  invoked(): void {
    this.#invocations += 1;
  }

  executed(request: SimulatedRequest): void {
    const cost = this.#costs.get(request);
    if (cost === undefined) throw new Error('a request that nobody measured');
    this.#operation(request).executions += 1;
    this.#d1Calls += cost.d1Calls;
    this.#rowsRead += cost.d1RowsRead;
  }

  upstreamCalled(): void {
    this.#upstream += 1;
  }

  usageFlushed(cost: UsageCost): void {
    this.#d1Calls += 1;
    this.#rowsRead += cost.d1RowsRead;
    this.#rowsWritten += cost.d1RowsWritten;
  }

  /** The table has no index beside its key: one row is one row. */
  detailsWritten(rows: number): void {
    this.#d1Calls += 1;
    this.#rowsWritten += rows;
  }

  answeredPrivate(request: SimulatedRequest): void {
    this.#privates += 1;
    this.#operation(request).requests += 1;
  }

  answeredInFront(request: SimulatedRequest, tier: 'lower' | 'upper', nowMs: number): void {
    this.#public(request, true, nowMs);
    this.#hit(request, tier === 'lower' ? 'front' : 'front, upper');
  }

  answered(request: SimulatedRequest, served: Served | null, nowMs: number): void {
    if (served === null) throw new Error('a public request without an answer');
    const operation = this.#public(request, served.outcome !== 'MISS', nowMs);
    operation.ageMs += nowMs - served.executedAtMs;
    if (served.outcome === 'MISS') return;
    if (served.outcome === 'STALE') {
      this.#stale += 1;
      operation.stale += 1;
    }
    this.#hit(request, served.tier);
  }

  close(hours: number, kv: readonly KvCounts[]): void {
    this.#hours = hours;
    const sum = (name: 'reads' | 'writes') => {
      const counts: Record<string, number> = {};
      for (const each of kv)
        for (const [cause, count] of each[name]) counts[cause] = (counts[cause] ?? 0) + count;
      return counts;
    };
    this.#kv = { reads: sum('reads'), writes: sum('writes') };
  }

  get publicRequests(): number {
    return this.#publics;
  }

  month(measured: MeasuredCosts): MonthTotals {
    const months = this.#hours / HOURS_A_MONTH;
    const monthly = (count: number) => count / months;
    const crons = (of: (cron: CronCost) => number) =>
      measured.crons.reduce((total, cron) => total + of(cron) * cron.runsADay * 30, 0);
    const scaled = (counts: Record<string, number>) =>
      Object.fromEntries(Object.entries(counts).map(([cause, count]) => [cause, monthly(count)]));
    const kvReads = { ...scaled(this.#kv.reads), syncs: crons((cron) => cron.kvReads) };
    const kvWrites = scaled(this.#kv.writes);
    const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);
    let executions = 0;
    let cpuMs = 0;
    for (const { operation, executionCpuMs } of measured.operations) {
      const { executions: executed = 0, workerHits = 0 } = this.byOperation.get(operation) ?? {};
      executions += executed;
      const hitCpuMs = this.#pricesPutInWhenServed ? executionCpuMs : measured.hitCpuMs;
      cpuMs += executed * executionCpuMs + workerHits * hitCpuMs;
    }
    const use: MonthlyUse = {
      workerRequests: monthly(this.#publics + this.#privates) + crons(() => 1),
      workerCpuMs: monthly(cpuMs),
      kvReads: sum(kvReads),
      kvWrites: sum(kvWrites),
      kvDeletes: 0,
      kvBytes: 0,
      d1RowsRead: monthly(this.#rowsRead) + crons((cron) => cron.d1RowsRead),
      d1RowsWritten: monthly(this.#rowsWritten) + crons((cron) => cron.d1RowsWritten),
      d1Bytes: measured.d1Bytes,
    };
    return {
      requests: monthly(this.#publics + this.#privates),
      invocations: monthly(this.#invocations),
      hitRate: this.#hits / this.#publics,
      hitRateError: standardError([...this.#batches.values()].map(({ hits, requests }) => hits / requests)),
      staleRate: this.#stale / this.#publics,
      hitsByTier: Object.fromEntries([...this.#tiers].map(([tier, hits]) => [tier, hits / this.#publics])),
      executions: monthly(executions),
      upstreamCalls: monthly(this.#upstream) + crons((cron) => cron.upstreamCalls),
      d1Calls: monthly(this.#d1Calls) + crons((cron) => cron.d1Calls),
      kvReads,
      kvWrites,
      use,
      bill: billOf(use),
    };
  }

  #public(request: SimulatedRequest, isHit: boolean, nowMs: number): OperationTotals {
    this.#publics += 1;
    const stretch = Math.floor(nowMs / BATCH_MS);
    const batch = this.#batches.get(stretch) ?? { hits: 0, requests: 0 };
    batch.requests += 1;
    if (isHit) batch.hits += 1;
    this.#batches.set(stretch, batch);
    const operation = this.#operation(request);
    operation.requests += 1;
    return operation;
  }

  #hit(request: SimulatedRequest, tier: Tier): void {
    this.#hits += 1;
    const operation = this.#operation(request);
    operation.hits += 1;
    if (tier !== 'front' && tier !== 'front, upper') operation.workerHits += 1;
    this.#tiers.set(tier, (this.#tiers.get(tier) ?? 0) + 1);
  }

  #operation({ operation }: SimulatedRequest): OperationTotals {
    const held = this.byOperation.get(operation.name);
    if (held !== undefined) return held;
    const created = { requests: 0, hits: 0, workerHits: 0, stale: 0, executions: 0, ageMs: 0 };
    this.byOperation.set(operation.name, created);
    return created;
  }
}

function standardError(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}
