/**
 * The report of a day, as its JSON in R2: pure sums of what D1 has of the day. Counts are of what reached the Worker; caches
 * in front answer the rest without it.
 *
 * The operations, routes and what is unregistered add up to all requests, and so do the client releases and the hours.
 */
import { costOf } from '../metrics/cost.ts';
import { PRODUCTS, type Product } from '../metrics/prices.ts';
import { COUNTED_REQUESTS } from '../metrics/summary.ts';
import {
  JOB_PREFIX,
  type MetricsCell,
  ROUTE_PREFIX,
  UNREGISTERED,
} from '../observability/request-metrics.ts';
import type { AccountFigures, JobFigures, PaymentTokenFigures } from '../storage/d1/day-figures.ts';
import type { Incident } from '../storage/d1/incidents.ts';
import { firstKeptHour } from '../storage/d1/request-rollups.ts';
import { dayStart } from './report-keys.ts';
import { type Traffic, trafficOf } from './traffic.ts';

const REPORT_VERSION = 1;
const HOUR_SECONDS = 3_600;
const HOURS_A_DAY = 24;

export interface OperationTraffic extends Traffic {
  operationId: string;
  /** Empty where no operation of that id is registered any more. */
  operationName: string;
}

export interface ClientTraffic extends Traffic {
  /** Empty where the client gives no name. */
  client: string;
  version: string;
}

export interface RouteTraffic extends Traffic {
  path: string;
}

export interface HourTraffic {
  /** The hour of the day, in UTC. */
  hour: number;
  requests: number;
  faults: number;
}

/** In US dollars. */
export interface DayCost {
  /** By list prices, which leave out the plan's own price and what it includes. */
  dayDollars: number;
  /** The bill of the month, when the report was made. */
  monthForecastDollars: number;
  /** The dearest first; they add up to the day. */
  products: { product: Product; dollars: number }[];
}

export interface DayInputs {
  /** `YYYY-MM-DD`, in UTC. */
  date: string;
  environment: string;
  /** Unix seconds. */
  madeAt: number;
  /** All cells of the day, those of jobs too. */
  cells: readonly MetricsCell[];
  /** The same requests by hour. A job has an id that begins with `JOB_PREFIX`; other names are not looked at. */
  hourCells: readonly MetricsCell[];
  operationNames: ReadonlyMap<string, string>;
  accounts: AccountFigures;
  paymentTokens: readonly PaymentTokenFigures[];
  jobs: readonly JobFigures[];
  /** Those of which a part lies in the day. */
  incidents: readonly Incident[];
  monthForecastDollars: number;
}

export interface DayReport {
  version: typeof REPORT_VERSION;
  date: string;
  environment: string;
  madeAt: string;
  counted: string;
  requests: Traffic;
  /** Empty if the report was made when the counts by hour had expired. */
  hours: HourTraffic[];
  operations: OperationTraffic[];
  clients: ClientTraffic[];
  routes: RouteTraffic[];
  accounts: AccountFigures;
  paymentTokens: PaymentTokenFigures[];
  jobs: JobFigures[];
  incidents: Incident[];
  cost: DayCost;
}

export function reportOf(inputs: DayInputs): DayReport {
  const { date, environment, madeAt, operationNames, accounts } = inputs;
  const firstHour = dayStart(date) / HOUR_SECONDS;
  const isOfDay = ({ hour }: MetricsCell) => hour >= firstHour && hour < firstHour + HOURS_A_DAY;
  const isRequest = ({ operationId }: MetricsCell) => !operationId.startsWith(JOB_PREFIX);
  const ofDay = inputs.cells.filter(isOfDay);
  const cells = ofDay.filter(isRequest);
  const isRoute = ({ operationId }: MetricsCell) => operationId.startsWith(ROUTE_PREFIX);
  const operations = grouped(
    cells.filter((cell) => !isRoute(cell)),
    ({ operationId }) => operationId,
    ({ operationId }) => ({
      operationId,
      operationName: operationId === UNREGISTERED ? '' : (operationNames.get(operationId) ?? ''),
    }),
  );
  const clients = grouped(
    cells,
    ({ client, version }) => JSON.stringify([client, version]),
    ({ client, version }) => ({ client, version }),
  );
  const routes = grouped(
    cells.filter(isRoute),
    ({ operationId }) => operationId,
    ({ operationId }) => ({ path: operationId.slice(ROUTE_PREFIX.length) }),
  );
  return {
    version: REPORT_VERSION,
    date,
    environment,
    madeAt: new Date(madeAt * 1000).toISOString(),
    counted: COUNTED_REQUESTS,
    requests: trafficOf(cells),
    hours: firstHour < firstKeptHour(madeAt) ? [] : hoursOf(inputs.hourCells.filter(isRequest), firstHour),
    operations,
    clients,
    routes,
    accounts,
    paymentTokens: [...inputs.paymentTokens],
    jobs: [...inputs.jobs],
    incidents: inputs.incidents.toSorted((one, other) => one.startedAt - other.startedAt),
    cost: dayCost(ofDay, inputs.monthForecastDollars),
  };
}

function dayCost(cells: readonly MetricsCell[], monthForecastDollars: number): DayCost {
  const { total, ...byProduct } = costOf(cells).dollars;
  const products = PRODUCTS.map((product) => ({ product, dollars: byProduct[product] }))
    .filter(({ dollars }) => dollars > 0)
    .sort((one, other) => other.dollars - one.dollars);
  return { dayDollars: total, monthForecastDollars, products };
}

/** The most requests first; equal ones in the order of their keys, so that a report that is made again is the same. */
function grouped<Name extends object>(
  cells: readonly MetricsCell[],
  keyOf: (cell: MetricsCell) => string,
  nameOf: (cell: MetricsCell) => Name,
): (Name & Traffic)[] {
  return [...Map.groupBy(cells, keyOf)]
    .map(([key, ofGroup]) => ({ key, row: { ...nameOf(ofGroup[0] as MetricsCell), ...trafficOf(ofGroup) } }))
    .sort((one, other) => other.row.requests - one.row.requests || (one.key < other.key ? -1 : 1))
    .map(({ row }) => row);
}

function hoursOf(cells: readonly MetricsCell[], firstHour: number): HourTraffic[] {
  const hours = Array.from({ length: HOURS_A_DAY }, (_, hour) => ({ hour, requests: 0, faults: 0 }));
  for (const { hour, count, faults } of cells) {
    const sum = hours[hour - firstHour];
    if (sum === undefined) continue;
    sum.requests += count;
    sum.faults += faults;
  }
  return hours;
}
