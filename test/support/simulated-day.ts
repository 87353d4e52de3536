/** The traffic of a day by apps, request by request, with what goes wrong in it; and its own log, to compare others with. */
import { hourOf, RequestCells } from '../../src/metrics/request-cells.ts';
import { noCalls } from '../../src/observability/call-counts.ts';
import {
  type CacheResult,
  type MetricsCell,
  type RequestOutcome,
  UNREGISTERED,
} from '../../src/observability/request-metrics.ts';

export interface SimulatedRequest {
  operationId: string;
  client: string;
  version: string;
  seconds: number;
  outcome: RequestOutcome;
  cache: CacheResult;
  durationMs: number;
  bytes: number;
  isFault: boolean;
}

/** Something that goes wrong with some requests from one time to another, in minutes of the day. */
export interface PlantedIncident {
  from: number;
  to: number;
  /** @returns null if the request is as usual. @param chance from 0 to 1, of this request */
  spoil(request: SimulatedRequest, chance: number): Partial<SimulatedRequest> | null;
}

export interface SimulatedOperation {
  id: string;
  name: string;
  kind: 'query' | 'mutation';
  /** Of the requests; they add up to 1. */
  share: number;
  /** Private answers are in no cache. */
  isPrivate: boolean;
}

export interface SimulatedApp {
  client: string;
  version: string;
  share: number;
}

export interface DayOptions {
  operations: readonly SimulatedOperation[];
  apps: readonly SimulatedApp[];
  incidents: readonly PlantedIncident[];
  /** Unix seconds. */
  startedAt: number;
}

const HIT_SHARE = 0.92;
export const MINUTES_A_DAY = 1_440;
const MOST_A_MINUTE = 300;

export class SimulatedDay {
  readonly log: SimulatedRequest[] = [];
  readonly #options: DayOptions;
  #seed = 1;

  constructor(options: DayOptions) {
    this.#options = options;
  }

  /** The requests of some minutes of the day, as an isolate counts them. */
  minutes(from: number, to: number): MetricsCell[] {
    const cells = new RequestCells();
    for (let minute = from; minute < to; minute += 1)
      for (let count = requestsOf(minute); count > 0; count -= 1) {
        const request = this.#request(minute);
        this.log.push(request);
        const errors = request.outcome === 'ok' ? 0 : 1;
        cells.add({
          ...request,
          hour: hourOf(request.seconds),
          errors,
          calls: { ...noCalls(), d1RowsRead: request.cache === 'hit' ? 0 : 20 },
        });
      }
    return cells.take().map((cell) => ({ ...cell, histogram: cell.histogram.sparse() }));
  }

  #request(minute: number): SimulatedRequest {
    const { operations, apps, incidents, startedAt } = this.#options;
    const operation = chosen(operations, this.#chance());
    const { client, version } = chosen(apps, this.#chance());
    const cache = operation.isPrivate ? 'bypass' : this.#chance() < HIT_SHARE ? 'hit' : 'miss';
    const usual: SimulatedRequest = {
      operationId: operation.id,
      client,
      version,
      seconds: startedAt + minute * 60 + Math.floor(this.#chance() * 60),
      outcome: 'ok',
      cache,
      durationMs: cache === 'hit' ? 0 : 10 + Math.floor(this.#chance() * 80),
      bytes: 500 + Math.floor(this.#chance() * 4_000),
      isFault: false,
    };
    const chance = this.#chance();
    const spoilt = incidents
      .filter(({ from, to }) => minute >= from && minute < to)
      .map(({ spoil }) => spoil(usual, chance))
      .find((changes) => changes !== null);
    return { ...usual, ...spoilt };
  }

  /** The generator of Park and Miller: the same day at each run. */
  #chance(): number {
    this.#seed = (this.#seed * 48_271) % 2_147_483_647;
    return this.#seed / 2_147_483_647;
  }
}

/** A night's half of the day's most. */
const requestsOf = (minute: number) =>
  Math.round(MOST_A_MINUTE * (0.75 - 0.25 * Math.cos((2 * Math.PI * minute) / MINUTES_A_DAY)));

function chosen<Item extends { share: number }>(items: readonly Item[], chance: number): Item {
  let left = chance;
  for (const item of items) {
    left -= item.share;
    if (left < 0) return item;
  }
  return items[0] as Item;
}

/** The app sends ids that nobody has registered. */
export const unknownId = {
  operationId: UNREGISTERED,
  outcome: 'refused',
  cache: 'bypass',
  durationMs: 0,
} as const;
