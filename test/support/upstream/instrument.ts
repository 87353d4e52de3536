/**
 * One symbol's dollar price as a pure function of time: a smooth walk, bent so that it passes exactly through
 * the prices that are known (anchors). It takes a new value every `STEP_SECONDS` and never the same one twice running.
 * Pinned prices lie over it for as long as they are pinned, in history too.
 */
import { hashNumber, hashText, smoothNoise, toUnit } from './random.ts';

export const STEP_SECONDS = 5;
const HOUR_SECONDS = 3_600;
export const DAY_SECONDS = 86_400;

const WAVES = [
  { periodSeconds: 120 * DAY_SECONDS, size: 0.3 },
  { periodSeconds: 30 * DAY_SECONDS, size: 0.15 },
  { periodSeconds: 7 * DAY_SECONDS, size: 0.07 },
  { periodSeconds: DAY_SECONDS, size: 0.025 },
  { periodSeconds: HOUR_SECONDS, size: 0.006 },
  { periodSeconds: 300, size: 0.001 },
];
const BOUNCE = 0.00005;

export interface Anchor {
  time: number;
  priceUsd: number;
}

interface Correction {
  time: number;
  log: number;
}

interface Pin {
  from: number;
  until: number;
  priceUsd: number;
}

export class Instrument {
  readonly #waves: { seed: number; periodSeconds: number; size: number }[];
  readonly #bounceSeed: number;
  readonly #corrections: Correction[];
  readonly #pins: Pin[] = [];

  constructor(seed: number, key: string, volatility: number, anchors: readonly Anchor[]) {
    const base = hashText(key, seed);
    this.#waves = WAVES.map((wave, index) => ({
      seed: hashNumber(base, index),
      periodSeconds: wave.periodSeconds,
      size: wave.size * volatility,
    }));
    this.#bounceSeed = hashNumber(base, WAVES.length);
    this.#corrections = anchors.map((anchor) => {
      const time = toStep(anchor.time);
      return { time, log: Math.log(anchor.priceUsd) - this.#walk(time) };
    });
  }

  priceAt(time: number): number {
    for (const pin of this.#pins) {
      if (time >= pin.from && time < pin.until) return pin.priceUsd;
    }
    const step = toStep(time);
    return toSignificant(Math.exp(this.#walk(step) + this.#correction(step)));
  }

  /** When the price of this moment was made. */
  pricedAt(time: number): number {
    const pin = this.#pins.find((each) => time >= each.from && time < each.until);
    return Math.max(toStep(time), pin?.from ?? 0);
  }

  pin(priceUsd: number | null, now: number): void {
    for (const pin of this.#pins) pin.until = Math.min(pin.until, now);
    if (priceUsd !== null) this.#pins.push({ from: now, until: Number.POSITIVE_INFINITY, priceUsd });
  }

  #walk(step: number): number {
    let log = 0;
    for (const wave of this.#waves) log += wave.size * smoothNoise(wave.seed, wave.periodSeconds, step);
    // Up, down, up: neighbouring steps differ by more than the waves can move in one.
    const index = step / STEP_SECONDS;
    const bounce = BOUNCE * (0.5 + 0.5 * toUnit(hashNumber(this.#bounceSeed, index)));
    return index % 2 === 0 ? log + bounce : log - bounce;
  }

  #correction(step: number): number {
    const all = this.#corrections;
    let low = 0;
    let high = all.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((all[middle]?.time ?? 0) <= step) low = middle + 1;
      else high = middle;
    }
    const before = all[low - 1];
    const after = all[low];
    if (before === undefined) return after?.log ?? 0;
    if (after === undefined) return before.log;
    return before.log + ((after.log - before.log) * (step - before.time)) / (after.time - before.time);
  }
}

function toStep(time: number): number {
  return Math.floor(time / STEP_SECONDS) * STEP_SECONDS;
}

/** Nine digits: as much as a price needs, and the same after a trip through JSON. */
export function toSignificant(value: number): number {
  return Number(value.toPrecision(9));
}
