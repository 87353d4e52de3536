/** Users, what they may do, and who may take part in which private or whitelist pool. */
import { DAY_SECONDS } from './instrument.ts';
import type { PoolPlan } from './pool-plans.ts';
import { Dice } from './random.ts';
import type { ClosedUserRecord, EligibleRecord, PoolType, UserStatsRecord } from './records.ts';
import { plannedStats, USER_IDS } from './user-ids.ts';

export interface AccountRecord {
  id: string;
  email?: string | null;
  wallet_addresses: string[];
  created_at: number;
}

export interface RegistrationRecord {
  pool_id: string;
  user_id: string;
  registered_at: number;
}

export class People {
  readonly #seed: number;
  readonly #startAt: number;
  readonly #accounts = new Map<string, AccountRecord>();
  readonly #stats = new Map<string, UserStatsRecord>();
  readonly #closed = new Map<string, number>();
  readonly #eligible = new Map<string, Map<string, EligibleRecord>>();

  constructor(seed: number, startAt: number) {
    this.#seed = seed;
    this.#startAt = startAt;
  }

  open(account: AccountRecord, now: number): void {
    this.#accounts.set(account.id, account);
    if (this.stats(account.id) !== null) return;
    const kyc_level = typeof account.email === 'string' ? 1 : 0;
    this.#stats.set(account.id, {
      user_level: 0,
      kyc_level,
      permissions: ['READ', 'WRITE'],
      updated_at: now,
    });
  }

  account(id: string): AccountRecord | null {
    return this.#accounts.get(id) ?? null;
  }

  ownerOfEmail(email: string): string | null {
    const wanted = email.toLowerCase();
    for (const account of this.#accounts.values())
      if (account.email?.toLowerCase() === wanted) return account.id;
    return null;
  }

  /** Of the account that any of these wallets belongs to, other than `id`. */
  otherOwnerOfWallets(addresses: readonly string[], id: string): string | null {
    const wanted = new Set(addresses.map((address) => address.toLowerCase()));
    for (const account of this.#accounts.values())
      if (account.id !== id && account.wallet_addresses.some((each) => wanted.has(each.toLowerCase())))
        return account.id;
    return null;
  }

  close(userId: string, now: number): void {
    this.#closed.set(userId, now);
  }

  closedSince(since: number): ClosedUserRecord[] {
    return [...this.#closed]
      .map(([user_id, closed_at]) => ({ user_id, closed_at }))
      .filter(({ closed_at }) => closed_at >= since);
  }

  stats(userId: string): UserStatsRecord | null {
    if (this.#closed.has(userId)) return null;
    const given = this.#stats.get(userId);
    if (given !== undefined) return given;
    return USER_IDS.includes(userId) ? plannedStats(userId, this.#seed, this.#startAt) : null;
  }

  setStats(userId: string, stats: Partial<UserStatsRecord>, now: number): UserStatsRecord {
    const before = this.stats(userId) ?? { user_level: 0, kyc_level: 0, permissions: [], updated_at: now };
    const after = { ...before, updated_at: now, ...stats };
    this.#stats.set(userId, after);
    return after;
  }

  setEligible(poolId: string, userId: string, eligible: boolean, now: number): void {
    const list = this.#eligible.get(poolId) ?? new Map<string, EligibleRecord>();
    list.set(userId, { user_id: userId, eligible, updated_at: now });
    this.#eligible.set(poolId, list);
  }

  eligible(
    poolId: string,
    type: PoolType,
    plan: PoolPlan | undefined,
    since: number,
    now: number,
  ): EligibleRecord[] {
    if (type === 'public') return [];
    const given = this.#eligible.get(poolId);
    const planned =
      plan === undefined ? [] : this.#planned(plan, now).filter((row) => !given?.has(row.user_id));
    return [...planned, ...(given?.values() ?? [])].filter((row) => row.updated_at >= since);
  }

  #planned(plan: PoolPlan, now: number): EligibleRecord[] {
    const from = plan.registrationStart ?? plan.saleStart - 7 * DAY_SECONDS;
    const until = plan.registrationEnd ?? plan.saleStart;
    const rows: EligibleRecord[] = [];
    for (const userId of USER_IDS) {
      const dice = new Dice(this.#seed, `eligible:${plan.id}:${userId}`);
      const updated_at = Math.floor(dice.between('when', from, Math.max(from, until)));
      if (updated_at > now || !dice.chance('listed', 0.6)) continue;
      rows.push({ user_id: userId, eligible: dice.chance('eligible', 0.85), updated_at });
    }
    return rows;
  }
}
