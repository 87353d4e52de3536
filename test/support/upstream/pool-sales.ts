/** What the edge's living investments in one pool come to at a moment. One of them is replaced without a look at the others. */
import type { EdgeSale } from './edge-investments.ts';

/** The figures of a pool that come from the edge. */
export interface EdgeSales {
  tokens: bigint;
  participants: number;
  lastAt: number;
}

export class PoolSales {
  readonly #living = new Map<string, EdgeSale>();
  readonly #livingOfUser = new Map<string, number>();
  #tokens = 0n;
  #lastAt = 0;

  set(sale: EdgeSale): void {
    const before = this.#living.get(sale.id);
    if (before !== undefined) this.#count(before, -1);
    this.#living.delete(sale.id);
    this.#lastAt = Math.max(this.#lastAt, sale.updatedAt);
    if (sale.status !== 'pending' && sale.status !== 'confirmed') return;
    this.#living.set(sale.id, sale);
    this.#count(sale, 1);
  }

  /** `except` leaves one investment out, as when it is about to be replaced. */
  figures(except?: string): EdgeSales {
    const left = except === undefined ? undefined : this.#living.get(except);
    const isLastOfUser = left !== undefined && this.#livingOfUser.get(left.userId) === 1;
    return {
      tokens: this.#tokens - (left?.tokens ?? 0n),
      participants: this.#livingOfUser.size - (isLastOfUser ? 1 : 0),
      lastAt: this.#lastAt,
    };
  }

  #count({ userId, tokens }: EdgeSale, by: 1 | -1): void {
    this.#tokens += BigInt(by) * tokens;
    const count = (this.#livingOfUser.get(userId) ?? 0) + by;
    if (count === 0) this.#livingOfUser.delete(userId);
    else this.#livingOfUser.set(userId, count);
  }
}
