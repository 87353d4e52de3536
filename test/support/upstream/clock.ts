/** A market's time, in Unix seconds: stands still until it is moved, or follows the real one. It only goes forward. */
import { badRequest } from './reply.ts';

export class Clock {
  readonly #live: boolean;
  #seconds: number;

  constructor(startAt: number, live: boolean) {
    this.#live = live;
    this.#seconds = live ? startAt - realSeconds() : startAt;
  }

  now(): number {
    return this.#live ? realSeconds() + this.#seconds : this.#seconds;
  }

  advance(seconds: number): number {
    if (!Number.isInteger(seconds) || seconds < 0)
      throw badRequest('the clock goes forward by whole seconds');
    this.#seconds += seconds;
    return this.now();
  }

  moveTo(now: number): number {
    return this.advance(now - this.now());
  }
}

export function realSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
