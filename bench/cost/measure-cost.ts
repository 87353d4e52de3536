/** Cost: what the gateway asks for, the fixed traffic through it, and what that comes to by Cloudflare's prices. */
import { type MeasuredCosts, measureGateway } from './measure-gateway.ts';
import { type Front, type SimulationOptions, simulate } from './simulate.ts';
import type { MonthTotals, OperationTotals } from './totals.ts';
import { AS_BUILT, VARIANTS, type Variant } from './variants.ts';

export interface CostRow {
  name: string;
  exponent: number;
  front: Front;
  month: MonthTotals;
  byOperation: Record<string, OperationTotals>;
}

export interface CostResults {
  measured: Pick<MeasuredCosts, 'operations' | 'crons' | 'usage' | 'hitCpuMs' | 'd1Bytes'>;
  hours: number;
  /** The gateway as it is. */
  asBuilt: CostRow[];
  /** One cache for the whole world that forgets nothing: no cache of these lifetimes does better. */
  best: CostRow[];
  variants: CostRow[];
}

const EXPONENTS = [1, 0.8, 1.2];
const FRONTS: readonly Front[] = ['none', 'location', 'tiered'];
const LOCATIONS = 40;
const ISOLATES_PER_LOCATION = 3;
const ISOLATE_LIFE_MS = 30 * 60_000;
/** Enough for the hit rate to a few thousandths; quick runs look whether it runs. */
const HOURS = 3;
const QUICK_HOURS = 0.1;

export interface CostOptions {
  /** Looks whether everything runs; its numbers mean nothing. */
  quick: boolean;
  hours?: number;
  /** With what changes of the gateway would do. */
  variants?: boolean;
}

export async function measureCost(options: CostOptions): Promise<CostResults> {
  const hours = options.hours ?? (options.quick ? QUICK_HOURS : HOURS);
  const { publicRequests, privateRequests, ...measured } = await measureGateway(options);
  const costs: MeasuredCosts = { ...measured, publicRequests, privateRequests };
  const row = async (
    variant: Variant,
    front: Front,
    exponent: number,
    others: Partial<SimulationOptions> = {},
  ): Promise<CostRow> => {
    const totals = await simulate({
      measured: costs,
      variant,
      front,
      exponent,
      hours,
      seed: 1,
      locations: LOCATIONS,
      isolatesPerLocation: ISOLATES_PER_LOCATION,
      isolateLifeMs: ISOLATE_LIFE_MS,
      ...others,
    });
    const month = totals.month(costs);
    return {
      name: variant.name,
      exponent,
      front,
      month,
      byOperation: Object.fromEntries(totals.byOperation),
    };
  };
  const results: CostResults = { measured, hours, asBuilt: [], best: [], variants: [] };
  for (const exponent of EXPONENTS) {
    for (const front of FRONTS) results.asBuilt.push(await row(AS_BUILT, front, exponent));
    const oneForAll = { locations: 1, isolatesPerLocation: 1, isolateLifeMs: Number.POSITIVE_INFINITY };
    results.best.push(await row({ ...AS_BUILT, name: 'one cache for all' }, 'none', exponent, oneForAll));
  }
  if (options.variants !== true) return results;
  results.variants.push(await row({ ...AS_BUILT, name: 'as built, four upper tiers' }, 'tiered-4', 1));
  for (const variant of VARIANTS) {
    for (const front of ['none', 'tiered'] as const) results.variants.push(await row(variant, front, 1));
  }
  return results;
}
