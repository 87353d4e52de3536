/** Stateless randomness: every draw is a hash of what it is for, so no draw depends on the order of others. */

function finish(hash: number): number {
  let h = hash | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export function hashText(text: string, seed = 0): number {
  let hash = (0x811c9dc5 ^ finish(seed + 0x51ed270b)) | 0;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return finish(hash);
}

export function hashNumber(seed: number, value: number): number {
  return finish(seed + Math.imul(value | 0, 0x9e3779b1));
}

/** 0 (included) to 1 (excluded). */
export function toUnit(hash: number): number {
  return hash / 0x1_0000_0000;
}

/** One draw after the other, from 0 (included) to 1 (excluded). */
export function drawsOf(seed: number): () => number {
  let drawn = 0;
  return () => {
    drawn += 1;
    return toUnit(hashNumber(seed, drawn));
  };
}

/** A smooth curve between -1 and 1 that takes a new direction every `periodSeconds`. */
export function smoothNoise(seed: number, periodSeconds: number, time: number): number {
  const position = time / periodSeconds;
  const cell = Math.floor(position);
  const fraction = position - cell;
  const eased = fraction * fraction * (3 - 2 * fraction);
  const from = toUnit(hashNumber(seed, cell));
  const to = toUnit(hashNumber(seed, cell + 1));
  return 2 * (from + (to - from) * eased) - 1;
}

export type NonEmpty<T> = readonly [T, ...T[]];

/** Draws about one subject; the same topic always gives the same answer. */
export class Dice {
  readonly #base: number;

  constructor(seed: number, subject: string) {
    this.#base = hashText(subject, seed);
  }

  unit(topic: string): number {
    return toUnit(hashText(topic, this.#base));
  }

  chance(topic: string, probability: number): boolean {
    return this.unit(topic) < probability;
  }

  /** A whole number from `min` to `max`, both included. */
  whole(topic: string, min: number, max: number): number {
    return min + Math.floor(this.unit(topic) * (max - min + 1));
  }

  between(topic: string, min: number, max: number): number {
    return min + this.unit(topic) * (max - min);
  }

  pick<T>(topic: string, list: NonEmpty<T>): T {
    return list[Math.floor(this.unit(topic) * list.length)] ?? list[0];
  }

  /** `count` different members, in the list's order. */
  sample<T>(topic: string, list: readonly T[], count: number): T[] {
    const ranked = list.map((item, index) => ({ item, index, draw: this.unit(`${topic}#${index}`) }));
    ranked.sort((a, b) => a.draw - b.draw);
    return ranked
      .slice(0, count)
      .sort((a, b) => a.index - b.index)
      .map((entry) => entry.item);
  }

  hex(topic: string, digits: number): string {
    let text = '';
    for (let part = 0; text.length < digits; part++) {
      text += hashText(`${topic}#${part}`, this.#base).toString(16).padStart(8, '0');
    }
    return text.slice(0, digits);
  }
}
