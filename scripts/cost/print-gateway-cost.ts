/** The cost of a gateway that runs, as text: by operation, by day, and the forecast of the month. */
import {
  costByDay,
  costByOperation,
  forecastMonth,
  forecastReadsFrom,
  type MonthForecast,
  type OperationCost,
} from '../../src/metrics/cost.ts';
import { PRICES_READ_ON, PRODUCTS, type Product } from '../../src/metrics/prices.ts';
import { CPU_MEASURED_ON } from '../../src/metrics/request-cpu.ts';
import type { AdminClient } from '../operations/admin-client.ts';
import { shortMetricsId } from '../operations/printed-values.ts';
import { table } from '../operations/table.ts';
import { dollars, PRODUCT_NAMES } from './printed-dollars.ts';
import { readCounted } from './read-counted.ts';

const DAY_SECONDS = 86_400;
/** A product of which nothing is counted would be a column of zeros. */
const COUNTED_PRODUCTS = PRODUCTS.filter((product) => product !== 'images' && product !== 'email');

/** The dearest ones; `--json` has all. */
const OPERATIONS_SHOWN = 25;

export interface GatewayCost {
  /** The first day in UTC, as `2026-11-01`. */
  since: string;
  pricesReadOn: string;
  operations: (OperationCost & { name: string })[];
  days: ReturnType<typeof costByDay>;
  forecast: MonthForecast;
}

/** @param days that are shown, today one of them; the forecast reads what it needs. */
export async function costOfGateway(
  gateway: AdminClient,
  nowSeconds: number,
  days: number,
): Promise<GatewayCost> {
  const today = nowSeconds - (nowSeconds % DAY_SECONDS);
  const shownFrom = today - (days - 1) * DAY_SECONDS;
  const readFrom = Math.min(shownFrom, forecastReadsFrom(nowSeconds));
  const { cells, names } = await readCounted(gateway, readFrom, nowSeconds + 1);
  const shown = cells.filter(({ hour }) => hour * 3_600 >= shownFrom);
  return {
    since: new Date(shownFrom * 1000).toISOString().slice(0, 10),
    pricesReadOn: PRICES_READ_ON,
    operations: costByOperation(shown).map((cost) => ({
      name: names.get(cost.operationId) ?? shortMetricsId(cost.operationId),
      ...cost,
    })),
    days: costByDay(shown),
    forecast: forecastMonth(cells, nowSeconds),
  };
}

export function printGatewayCost({ since, operations, days, forecast }: GatewayCost, url: string): string {
  if (operations.length === 0) return `${url} has counted no request since ${since}.`;
  return [
    `${url} since ${since}, by Cloudflare's prices of ${PRICES_READ_ON}. List prices: the units that the plan`,
    'includes are not subtracted. Counted are requests that reach the Worker, and runs of jobs.',
    '',
    operationTable(operations),
    '',
    dayTable(days),
    '',
    forecastText(forecast),
    '',
    `CPU of a request is the benchmark's figure for its kind and size (${CPU_MEASURED_ON}): hit, executed or refused. Not in`,
    "here: caches in front (Workers' own bills each answer as a request), stored bytes, rows and working time of Durable",
    'Objects, CPU of jobs and of password hashes, transformations of pictures, e-mails, invocations of crons.',
  ].join('\n');
}

function operationTable(operations: GatewayCost['operations']): string {
  const titles = ['operation', 'count', 'dollars', 'for a million', 'most of it'];
  const rows = operations
    .slice(0, OPERATIONS_SHOWN)
    .map(({ name, count, dollars: bill }) => [
      name,
      count,
      dollars(bill.total),
      dollars((bill.total / count) * 1e6),
      PRODUCT_NAMES[greatestOf(bill)],
    ]);
  const others = operations.slice(OPERATIONS_SHOWN);
  const ofOthers = others.reduce((sum, { dollars: bill }) => sum + bill.total, 0);
  const row = [`${others.length} others`, '', dollars(ofOthers), '', ''];
  return table(titles, others.length === 0 ? rows : [...rows, row], titles.slice(1, 4));
}

function dayTable(days: GatewayCost['days']): string {
  const titles = ['day', ...COUNTED_PRODUCTS.map((product) => PRODUCT_NAMES[product]), 'dollars'];
  const rows = days.map(({ day, dollars: bill }) => [
    day,
    ...COUNTED_PRODUCTS.map((product) => dollars(bill[product])),
    dollars(bill.total),
  ]);
  return table(titles, rows, titles.slice(1));
}

function forecastText({ bill, daysOfMean }: MonthForecast): string {
  const parts = COUNTED_PRODUCTS.filter((product) => bill[product] > 0).map(
    (product) => `${PRODUCT_NAMES[product]} ${dollars(bill[product])}`,
  );
  const mean = daysOfMean < 1 ? `${(daysOfMean * 24).toFixed(1)} hours` : `${daysOfMean.toFixed(1)} days`;
  return [
    `Forecast of this month's bill: ${dollars(bill.total)} (${parts.join(', ')}), with the plan and less its included units.`,
    `It takes the units of the month so far, and the mean of the last ${mean} for the rest of it.`,
  ].join('\n');
}

const greatestOf = (bill: Record<Product, number>): Product =>
  PRODUCTS.reduce((greatest, product) => (bill[product] > bill[greatest] ? product : greatest));
