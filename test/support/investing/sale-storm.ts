/**
 * Buyers who click twice, lose answers and ask again, while the objects that serve them are evicted or break off.
 *
 * It keeps every answer of every key, as the buyers of one sale together have seen them.
 */
import { env } from 'cloudflare:workers';
import { SUBSCRIPTION_HUBS } from '../../../src/config.ts';
import { broken, evicted } from '../broken-objects.ts';
import type { Investor } from '../investors.ts';
import type { Dice } from '../upstream/random.ts';
import type { Bought, HttpSale, SaleAnswer } from './http-sale.ts';

/** One wish to invest, under a key of its own. */
export interface Intent {
  buyer: Investor;
  amount: string;
  key: string;
  /** Decides how the buyer behaves. */
  dice: Dice;
}

/** Every so many answers an object is hit. */
const ANSWERS_BETWEEN_FAULTS = 40;
const REPEATS_MAX = 50;

export class SaleStorm {
  readonly #sale: HttpSale;
  readonly #answers = new Map<Intent, SaleAnswer[]>();
  readonly #faults: Promise<void>[] = [];
  #answered = 0;
  #lost = 0;

  constructor(sale: HttpSale) {
    this.#sale = sale;
  }

  /** Of each intent, in the order in which they arrived. */
  get answers(): ReadonlyMap<Intent, readonly SaleAnswer[]> {
    return this.#answers;
  }

  /** Objects that were hit, and answers that told nobody anything. */
  get counts() {
    return { faults: this.#faults.length, lost: this.#lost };
  }

  /** @returns the last answer of those that the buyer gets */
  async carryOut(intent: Intent): Promise<SaleAnswer> {
    const send = async () => {
      const { buyer, amount, key } = intent;
      const answer = await this.#untilAnswered(() => this.#sale.invest(buyer, { amount, key }));
      this.#answers.set(intent, [...(this.#answers.get(intent) ?? []), answer]);
      return answer;
    };
    const manner = intent.dice.pick('manner', [
      'once',
      'once',
      'once',
      'once',
      'double click',
      'lost answer',
    ]);
    if (manner === 'double click') return (await Promise.all([send(), send()]))[1];
    if (manner === 'lost answer') await send();
    return send();
  }

  async pay(buyer: Investor, { id }: Bought, hash: string): Promise<SaleAnswer> {
    return this.#untilAnswered(() => this.#sale.pay(buyer, { investmentId: id, hash }));
  }

  /** Resolves when every object that was hit is whole again. */
  async over(): Promise<void> {
    await Promise.all(this.#faults);
  }

  /** Repeats a request for as long as its answer says that this is safe. */
  async #untilAnswered(send: () => Promise<SaleAnswer>): Promise<SaleAnswer> {
    for (let repeat = 0; repeat < REPEATS_MAX; repeat += 1) {
      const answer = await send();
      this.#answered += 1;
      if (this.#answered % ANSWERS_BETWEEN_FAULTS === 0) this.#faults.push(this.#hit(this.#faults.length));
      if (answer.status < 500) return answer;
      if (answer.retryAfter === null && !('code' in answer && answer.code === 'UPSTREAM_UNAVAILABLE'))
        throw new Error(`not to be repeated: ${JSON.stringify(answer)}`);
      this.#lost += 1;
    }
    throw new Error('no answer after many repeats');
  }

  async #hit(turn: number): Promise<void> {
    const { ledger, gateway } = this.#sale;
    switch (turn % 4) {
      case 0:
        return broken(ledger);
      case 1:
        for (let hub = 0; hub < SUBSCRIPTION_HUBS; hub += 1)
          await evicted(env.SUBSCRIPTION_HUBS.getByName(`hub-${hub}`));
        return;
      case 2:
        return evicted(env.SALE_FEED.getByName('sales'));
      default:
        gateway.coldIsolate();
    }
  }
}
