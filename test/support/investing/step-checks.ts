/** What holds after each step of a sale, and what its entries say about investments and people. */
import type { Ledger } from '../../../src/investing/ledger.ts';
import { toUnits } from '../../../src/storage/decimal-units.ts';
import type { EntryStatus, LedgerEntry } from './entry-reader.ts';
import { investmentDigest } from './entry-reader.ts';
import { must } from './must.ts';
import type { KnownInvestment, SaleModel } from './sale-model.ts';

/** What the step was about: `facts` of the main API may fail an investment because of its payment. */
export type StepKind = 'people' | 'facts' | 'refusal' | 'terms' | 'other';

/** Notes failures and strikes. `statuses` are those of before the step. */
export function noteEntries(
  model: SaleModel,
  entries: readonly LedgerEntry[],
  step: StepKind,
  statuses: ReadonlyMap<string, EntryStatus>,
): void {
  const byDigest = new Map<string, KnownInvestment>();
  for (const investment of model.investments.values())
    byDigest.set(investmentDigest(investment.id), investment);
  for (const entry of entries) {
    const own = byDigest.get(entry.investment ?? '');
    if (own === undefined) continue;
    const at = Math.floor(Date.parse(entry.at) / 1_000);
    const person = model.person(own.userId);
    const strike = (from: number) => {
      person.strikes += 1;
      person.struckFrom = from;
      person.struckUntil = at;
    };
    if (entry.kind === 'expire') {
      must(at >= own.expiresAt, 'no reservation runs out before its time');
      own.failure = 'EXPIRED';
      strike(own.expiresAt);
    } else if (entry.kind === 'refuse') {
      own.failure = 'REFUSED';
      const isUnknownPayment = step === 'facts' && statuses.get(own.id) === 'submitted';
      if (isUnknownPayment) strike(at);
    } else if (entry.kind === 'reserve' || entry.kind === 'pay') {
      own.failure = null;
      if (entry.kind === 'pay') person.strikes = 0;
    }
  }
}

export function checkStep(
  model: SaleModel,
  ledger: Pick<Ledger, 'balances' | 'nextWakeMs'>,
  isSettled: boolean,
): void {
  const { reader, newest } = model;
  const balances = ledger.balances();
  for (const [account, balance] of reader.balances) {
    must(
      toUnits(balances[account] ?? '0') === balance,
      `${account}: ${balances[account]} is what its entries come to`,
    );
  }
  if (newest === null) return;
  const held = ['reserved', 'sold', 'elsewhere'].reduce(
    (sum, name) => sum + reader.balance(`tokens:${name}`),
    0n,
  );
  const left = toUnits(model.terms.total_tokens) - held;
  must(
    reader.balance('tokens:unsold') === (left > 0n ? left : 0n),
    'what is unsold is the total less what is held',
  );
  const elsewhere = reader.balance('tokens:elsewhere');
  // Sales elsewhere beyond the total are taken over once they are certain; nothing is for sale until then.
  const isAllCounted = held >= model.ownedUnits() || left <= 0n;
  must(isAllCounted, 'nothing that is sold is not counted');
  must(elsewhere <= toUnits(newest.terms.upstream_sold_tokens), 'nothing is counted more than twice');
  const wakeMs = ledger.nextWakeMs() ?? Number.POSITIVE_INFINITY;
  for (const investment of model.investments.values()) {
    const status = reader.of(investment.id)?.status;
    if (investment.told.size > 0)
      must(status !== 'failed' && status !== 'reserved', `no payment of ${investment.id} is lost`);
    const isPending = status === 'reserved' || status === 'submitted';
    must(!isPending || model.terms.status !== 'cancelled', 'nothing is pending in a cancelled pool');
    if (status !== 'reserved') continue;
    must(!isSettled || investment.expiresAt > model.clockSeconds, 'a reservation runs out by the clock');
    must(wakeMs <= investment.expiresAt * 1_000, 'somebody looks when a reservation runs out');
  }
}
