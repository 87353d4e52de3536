/**
 * A month of 50 million requests: this gateway's calls by `operations/COSTS.md` and the benchmark's CPU, beside the
 * platform's own estimate of January 2025.
 */
import { countedOperations, MONTH_REQUESTS, monthOf } from '../../bench/month.ts';
import { type Bill, billOf, PRICES_READ_ON, type Product, type Use } from '../../src/metrics/prices.ts';
import { CPU_MEASURED_ON, REQUEST_CPU } from '../../src/metrics/request-cpu.ts';
import { table } from '../operations/table.ts';
import { dollars, PRODUCT_NAMES } from './printed-dollars.ts';

/** The platform's target. */
const HIT_RATE = 0.85;
const GIGABYTE = 1e9;

interface EstimateLine {
  /** The platform's figure. */
  dollars: number;
  /** The quantities that it names. */
  use: Use;
  quantities: string;
  comparable: string;
}

type EstimatedProduct = Extract<Product, 'workers' | 'kv' | 'd1' | 'r2' | 'analytics'>;

const ESTIMATE: Record<EstimatedProduct, EstimateLine> = {
  workers: {
    dollars: 15,
    use: { workerRequests: MONTH_REQUESTS },
    quantities: '50 M requests',
    comparable: 'yes, the same requests',
  },
  kv: {
    dollars: 8.5,
    use: { kvReads: 100e6, kvWrites: 5e6, kvBytes: 10 * GIGABYTE },
    quantities: '100 M reads, 5 M writes, 10 GB',
    comparable: 'reads and writes; stored bytes are not counted here',
  },
  d1: {
    dollars: 12,
    use: { d1RowsRead: 25e6, d1RowsWritten: 1e6, d1Bytes: 5 * GIGABYTE },
    quantities: '25 M reads, 1 M writes, 5 GB',
    comparable: 'no: D1 bills rows, and the platform counts queries',
  },
  r2: {
    dollars: 18.5,
    use: { r2Bytes: 100 * GIGABYTE, r2Writes: 1e6, r2Reads: 10e6 },
    quantities: '100 GB, 1 M class A, 10 M class B',
    comparable: 'no: files are not part of this traffic',
  },
  analytics: {
    dollars: 5,
    use: { analyticsPoints: 10e6 },
    quantities: '10 M points',
    comparable: 'no: here each request writes a point',
  },
};
const ESTIMATED = Object.keys(ESTIMATE) as EstimatedProduct[];

export interface PlatformMonth {
  hitRate: number;
  gateway: Bill;
  /** The platform's quantities, by the prices of today. */
  quantitiesToday: Bill;
  platform: Record<EstimatedProduct | 'total', number>;
}

/** @param costs the text of `operations/COSTS.md`. */
export function platformMonth(costs: string): PlatformMonth {
  const cpu = {
    hitMs: REQUEST_CPU.hit.longMicroseconds / 1000,
    missMs: REQUEST_CPU.executed.longMicroseconds / 1000,
  };
  const uses = ESTIMATED.map((product) => ESTIMATE[product].use);
  const platform = Object.fromEntries(ESTIMATED.map((product) => [product, ESTIMATE[product].dollars]));
  return {
    hitRate: HIT_RATE,
    gateway: monthOf(countedOperations(costs), cpu, HIT_RATE).bill,
    quantitiesToday: billOf(Object.assign({}, ...uses)),
    platform: {
      ...(platform as Record<EstimatedProduct, number>),
      total: ESTIMATED.reduce((sum, product) => sum + ESTIMATE[product].dollars, 0),
    },
  };
}

export function printPlatformMonth({ hitRate, gateway, quantitiesToday, platform }: PlatformMonth): string {
  const titles = ['', 'platform', 'its quantities', 'at these prices', 'this gateway', 'comparable'];
  const rows = [...ESTIMATED, 'total' as const].map((name) => [
    name === 'total' ? name : PRODUCT_NAMES[name],
    dollars(platform[name]),
    name === 'total' ? '' : ESTIMATE[name].quantities,
    dollars(quantitiesToday[name]),
    dollars(gateway[name]),
    name === 'total' ? '' : ESTIMATE[name].comparable,
  ]);
  return [
    `A month of ${MONTH_REQUESTS / 1e6} million requests by Cloudflare's prices of ${PRICES_READ_ON}, beside the platform's own estimate.`,
    `This gateway: the platform's target of ${100 * hitRate} % hits, the calls of operations/COSTS.md, and the benchmark's CPU`,
    `(${CPU_MEASURED_ON}) with long answers. Each private request writes the copy of its session to KV, which is the most.`,
    '',
    table(titles, rows, ['platform', 'at these prices', 'this gateway']),
  ].join('\n');
}
