/**
 * The main API as the upstream contract describes it, for one pool: it stores what the edge hands over, other channels
 * sell beside it, and a snapshot counts what is really stored. It knows nothing of how a ledger counts.
 */
import type { PoolTerms, UpstreamInvestment } from '../../../src/investing/pool-ledger.ts';
import type { InvestmentStatus } from '../../../src/storage/d1/investments.ts';
import { fromUnits, toUnits } from '../../../src/storage/decimal-units.ts';

/** A pool's terms without what is counted. */
export type PoolSettings = Omit<
  PoolTerms,
  | 'upstream_sold_tokens'
  | 'upstream_total_raised'
  | 'upstream_participant_count'
  | 'updated_at'
  | 'askedAtMs'
  | 'askedAtRevision'
>;

/** A snapshot, and the truth about it that its reader does not get. */
export interface PoolSnapshot {
  terms: PoolTerms;
  /** Living in other channels: tokens and users. */
  elsewhereUnits: bigint;
  elsewhereUsers: ReadonlySet<string>;
  /** Users of every channel. */
  participants: ReadonlySet<string>;
}

export interface Posted {
  kind: 'registration' | 'investment' | 'claim';
  subject: string;
  sequence: number;
  body: string;
}

export type PostAnswer =
  | { kind: 'stored'; record: UpstreamInvestment | null }
  | { kind: 'refused'; code: string; message: string };

interface Stored {
  record: UpstreamInvestment;
  /** All that has become claimable so far. */
  vestedUnits: bigint;
}

interface OtherSale {
  userId: string;
  units: bigint;
  paid: string;
  isLiving: boolean;
}

const LIVING: readonly InvestmentStatus[] = ['pending', 'confirmed'];

export class MainApiInMemory {
  nowMs: number;
  /** It refuses what it has no room for. */
  checksRoom = false;
  /** A pool's `updated_at` is the time of reading; else it is the time of the last change. */
  stampsReads = false;
  settings: PoolSettings;
  readonly stored = new Map<string, Stored>();
  readonly claims = new Map<string, { investmentId: string; units: bigint }>();
  readonly registrations = new Set<string>();
  readonly otherSales: OtherSale[] = [];
  readonly #answers = new Map<string, { body: string; answer: PostAnswer | null }>();
  #changedAt: number;

  constructor(settings: PoolSettings, nowMs: number) {
    this.settings = settings;
    this.nowMs = nowMs;
    this.#changedAt = Math.floor(nowMs / 1_000);
  }

  /** @throws Error if a key comes with another body, or a claim asks for too much: neither may ever happen */
  post({ kind, subject, sequence, body }: Posted, isToBeRefused = false): PostAnswer {
    const idempotencyKey = `${subject}:${sequence}`;
    const known = this.#answers.get(idempotencyKey);
    if (known !== undefined) {
      if (known.body !== body) throw new Error(`${idempotencyKey} came with two bodies`);
      return known.answer ?? this.#storedAnswer(kind, subject);
    }
    const isInOrder =
      kind !== 'investment' || sequence === 1 || this.#answers.has(`${subject}:${sequence - 1}`);
    if (!isInOrder) throw new Error(`${idempotencyKey} came before the one before it`);
    const refusal = isToBeRefused ? 'not accepted' : this.#refusalOf(kind, body);
    const answer = refusal === null ? null : { kind: 'refused' as const, code: 'CONFLICT', message: refusal };
    this.#answers.set(idempotencyKey, { body, answer });
    if (answer !== null) {
      if (kind === 'investment') this.#drop(JSON.parse(body).id);
      return answer;
    }
    if (kind === 'investment') this.#store(JSON.parse(body));
    else if (kind === 'claim') this.#claim(JSON.parse(body));
    else this.registrations.add(JSON.parse(body).user_id);
    return this.#storedAnswer(kind, subject);
  }

  change(settings: Partial<PoolSettings>): void {
    this.settings = { ...this.settings, ...settings };
    this.#touchPool();
  }

  buyElsewhere(userId: string, units: bigint): void {
    this.otherSales.push({ userId, units, paid: fromUnits(units), isLiving: true });
    this.#touchPool();
  }

  releaseElsewhere(index: number): void {
    const living = this.otherSales.filter(({ isLiving }) => isLiving);
    const sale = living[index % Math.max(1, living.length)];
    if (sale === undefined) return;
    sale.isLiving = false;
    this.#touchPool();
  }

  /** The chain has the payment, although the edge may have given the investment up. */
  confirm(id: string): void {
    this.#decide(id, ({ status }) => status !== 'refunded' && status !== 'confirmed', {
      status: 'confirmed',
      confirmed_at: this.#second(),
      block_number: 19_000_000,
    });
  }

  /** The chain does not know the payment. */
  fail(id: string): void {
    this.#decide(id, ({ status }) => status === 'pending', { status: 'failed' });
  }

  refund(id: string): void {
    this.#decide(id, ({ status }) => status === 'confirmed' || status === 'failed', { status: 'refunded' });
  }

  /** @param part in quarters of all tokens */
  vest(id: string, part: number): void {
    const stored = this.stored.get(id);
    if (stored?.record.status !== 'confirmed') return;
    const vested = (toUnits(stored.record.token_amount) * BigInt(part)) / 4n;
    if (vested <= stored.vestedUnits) return;
    stored.vestedUnits = vested;
    this.#showClaims(stored);
  }

  /** @param askedAtRevision the ledger's revision that was known when it was asked for */
  snapshot(askedAtMs: number, askedAtRevision: number): PoolSnapshot {
    const own = [...this.stored.values()].map(({ record }) => record);
    const living = own.filter(({ status }) => LIVING.includes(status));
    const elsewhere = this.otherSales.filter(({ isLiving }) => isLiving);
    const elsewhereUnits = elsewhere.reduce((sum, { units }) => sum + units, 0n);
    const elsewhereUsers = new Set(elsewhere.map(({ userId }) => userId));
    const sum = (amounts: string[]) => amounts.reduce((total, amount) => total + toUnits(amount), 0n);
    const participants = new Set([...elsewhereUsers, ...living.map(({ user_id }) => user_id)]);
    return {
      terms: {
        ...this.settings,
        upstream_sold_tokens: fromUnits(elsewhereUnits + sum(living.map(({ token_amount }) => token_amount))),
        upstream_total_raised: fromUnits(
          sum([
            ...elsewhere.map(({ paid }) => paid),
            ...living.map(({ investment_amount }) => investment_amount),
          ]),
        ),
        upstream_participant_count: participants.size,
        updated_at: this.stampsReads ? this.#second() : this.#changedAt,
        askedAtMs,
        askedAtRevision,
      },
      elsewhereUnits,
      elsewhereUsers,
      participants,
    };
  }

  /** As a sync reads them. @param since Unix seconds */
  records(since = 0): UpstreamInvestment[] {
    const records: UpstreamInvestment[] = [];
    for (const { record } of this.stored.values())
      if (record.updated_at >= since) records.push({ ...record });
    return records;
  }

  #refusalOf(kind: Posted['kind'], body: string): string | null {
    if (kind !== 'investment' || !this.checksRoom) return null;
    const { id, status, token_amount } = JSON.parse(body);
    const before = this.stored.get(id)?.record;
    if (!LIVING.includes(status) || (before !== undefined && LIVING.includes(before.status))) return null;
    const sold = toUnits(this.snapshot(0, 0).terms.upstream_sold_tokens);
    return sold + toUnits(token_amount) > toUnits(this.settings.total_tokens) ? 'no tokens are left' : null;
  }

  #store(posted: UpstreamInvestment): void {
    const before = this.stored.get(posted.id);
    if (before !== undefined && before.record.sequence >= posted.sequence) return;
    // What the main API has decided for good, nobody sends back.
    const isDecided = before?.record.status === 'confirmed' || before?.record.status === 'refunded';
    const record: UpstreamInvestment = {
      ...posted,
      status: isDecided ? before.record.status : posted.status,
      confirmed_at: before?.record.confirmed_at ?? null,
      block_number: before?.record.block_number ?? null,
      total_claimed: before?.record.total_claimed ?? '0',
      claimable_amount: before?.record.claimable_amount ?? '0',
      next_claim_date: null,
      updated_at: this.#second(),
    };
    this.stored.set(posted.id, { record, vestedUnits: before?.vestedUnits ?? 0n });
    this.#touchPool();
  }

  /** An investment that is refused for good is sold no longer. */
  #drop(id: string): void {
    this.#decide(id, ({ status }) => status === 'pending', { status: 'failed' });
  }

  #claim({ id, investment_id, amount }: { id: string; investment_id: string; amount: string }): void {
    const stored = this.stored.get(investment_id);
    if (stored === undefined || toUnits(amount) > toUnits(stored.record.claimable_amount))
      throw new Error(`a claim of ${amount} where ${stored?.record.claimable_amount} can be claimed`);
    this.claims.set(id, { investmentId: investment_id, units: toUnits(amount) });
    stored.record.total_claimed = fromUnits(toUnits(stored.record.total_claimed) + toUnits(amount));
    this.#showClaims(stored);
  }

  #showClaims(stored: Stored): void {
    const claimable = stored.vestedUnits - toUnits(stored.record.total_claimed);
    stored.record = {
      ...stored.record,
      claimable_amount: fromUnits(claimable),
      updated_at: this.#second(),
    };
    // Every change of an investment changes its pool: else its time says nothing of the pool's counts.
    this.#touchPool();
  }

  #decide(
    id: string,
    isAllowed: (record: UpstreamInvestment) => boolean,
    change: Partial<UpstreamInvestment>,
  ): void {
    const stored = this.stored.get(id);
    if (stored === undefined || !isAllowed(stored.record)) return;
    stored.record = { ...stored.record, ...change, updated_at: this.#second() };
    this.#touchPool();
  }

  #storedAnswer(kind: Posted['kind'], subject: string): PostAnswer {
    const record = kind === 'investment' ? this.stored.get(subject)?.record : undefined;
    return { kind: 'stored', record: record === undefined ? null : { ...record } };
  }

  #touchPool(): void {
    this.#changedAt = this.#second();
  }

  #second(): number {
    return Math.floor(this.nowMs / 1_000);
  }
}
