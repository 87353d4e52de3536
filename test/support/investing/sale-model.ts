/** What a careful observer of a sale knows, without a look into the ledger's tables: answers, public entries, snapshots. */
import type { PoolTerms } from '../../../src/investing/pool-ledger.ts';
import { toUnits, UNITS_OF_ONE } from '../../../src/storage/decimal-units.ts';
import { EntryReader, type EntryStatus } from './entry-reader.ts';
import type { PoolSnapshot } from './main-api-in-memory.ts';

export interface KnownInvestment {
  id: string;
  userId: string;
  units: bigint;
  amountUnits: bigint;
  /** Unix seconds. */
  expiresAt: number;
  /** Hashes of payments that were told. */
  told: Set<string>;
  failure: string | null;
  /** By the main API, for good. */
  isRefused: boolean;
}

interface Person {
  strikes: number;
  /** When the last strike fell, in Unix seconds: between the end of the reservation and its settlement. */
  struckFrom: number;
  struckUntil: number;
  isRegistered: boolean;
  /** They said that they hold a place through another channel. */
  isParticipantElsewhere: boolean;
}

/** The first outcome of a key that stays. */
export type KeyOutcome = { amountUnits: bigint } & ({ investmentId: string } | { code: string });

export class SaleModel {
  readonly reader = new EntryReader();
  readonly investments = new Map<string, KnownInvestment>();
  readonly keys = new Map<string, KeyOutcome>();
  /** The newest snapshot that a sync has handed over, or the one with which the ledger was opened. */
  newest: PoolSnapshot | null = null;
  /** The ledger's clock. */
  clockMs = 0;
  readonly #people = new Map<string, Person>();

  #terms: PoolTerms | null = null;

  /** The newest that the ledger was given. */
  get terms(): PoolTerms {
    if (this.#terms === null) throw new Error('the ledger knows no pool yet');
    return this.#terms;
  }

  get clockSeconds(): number {
    return Math.floor(this.clockMs / 1_000);
  }

  isOpen(): boolean {
    const { status, sale_start, sale_end, token_price, payment_decimals } = this.terms;
    const isOver = status === 'cancelled' || status === 'completed';
    const isTime = sale_start <= this.clockSeconds && this.clockSeconds < sale_end;
    return !isOver && isTime && toUnits(token_price) > 0n && payment_decimals !== null;
  }

  person(userId: string): Person {
    const known = this.#people.get(userId);
    if (known !== undefined) return known;
    const person: Person = {
      strikes: 0,
      struckFrom: 0,
      struckUntil: 0,
      isRegistered: false,
      isParticipantElsewhere: false,
    };
    this.#people.set(userId, person);
    return person;
  }

  /** @param isFromSync else it comes from D1 with a request: its terms count alone */
  give(snapshot: PoolSnapshot, terms: PoolTerms, isFromSync: boolean): void {
    const isFirst = this.#terms === null;
    if (this.#terms === null || isLater(terms, this.#terms, ['updated_at', 'askedAtMs'])) this.#terms = terms;
    if (!isFirst && !isFromSync) return;
    const order = ['updated_at', 'askedAtRevision', 'askedAtMs'] as const;
    if (this.newest === null || isLater(terms, this.newest.terms, order))
      this.newest = { ...snapshot, terms };
  }

  living(userId?: string): KnownInvestment[] {
    return [...this.investments.values()].filter(
      (investment) => (userId === undefined || investment.userId === userId) && this.isLiving(investment.id),
    );
  }

  statuses(): Map<string, EntryStatus> {
    const statuses = new Map<string, EntryStatus>();
    for (const id of this.investments.keys()) {
      const status = this.reader.of(id)?.status;
      if (status) statuses.set(id, status);
    }
    return statuses;
  }

  isLiving(id: string): boolean {
    const status = this.reader.of(id)?.status;
    return status === 'reserved' || status === 'submitted' || status === 'confirmed';
  }

  livingAmount(userId: string): bigint {
    return this.living(userId).reduce((sum, { amountUnits }) => sum + amountUnits, 0n);
  }

  hasOpenReservation(userId: string): boolean {
    return this.living(userId).some(({ id }) => this.reader.of(id)?.status === 'reserved');
  }

  /** Tokens that really have an owner, as of the newest snapshot. */
  ownedUnits(): bigint {
    return this.living().reduce((sum, { units }) => sum + units, this.newest?.elsewhereUnits ?? 0n);
  }

  /** Users who really hold a place, as of the newest snapshot. */
  participants(): Set<string> {
    const users = new Set(this.newest?.elsewhereUsers);
    for (const { userId } of this.living()) {
      // Their place is one of another channel that the snapshot may not show yet.
      if (!this.person(userId).isParticipantElsewhere) users.add(userId);
    }
    return users;
  }

  /** Somebody in doubt counts twice. */
  mostParticipants(): number {
    const own = new Set(this.living().map(({ userId }) => userId));
    return (this.newest?.terms.upstream_participant_count ?? 0) + own.size;
  }
}

function isLater<Name extends string>(
  one: { [name in Name]?: number },
  other: { [name in Name]?: number },
  names: readonly Name[],
): boolean {
  const different = names.find((name) => (one[name] ?? 0) !== (other[name] ?? 0));
  return different !== undefined && (one[different] ?? 0) > (other[different] ?? 0);
}

/** @returns the least amount in steps of a payment token that pays for these tokens */
export function costOf(units: bigint, price: string, decimals: number): bigint {
  const step = 10n ** BigInt(18 - decimals);
  return ceilDivided(units * toUnits(price), UNITS_OF_ONE * step) * step;
}

const ceilDivided = (dividend: bigint, divisor: bigint) => (dividend + divisor - 1n) / divisor;
