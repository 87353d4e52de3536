/** Plays drawn steps against a driven sale, and lets it come to rest at the end. */
import type { OutboxRow } from '../../../src/investing/ledger-types.ts';
import type { UpstreamInvestment } from '../../../src/investing/pool-ledger.ts';
import { fromUnits, toUnits, UNIT_DIGITS } from '../../../src/storage/decimal-units.ts';
import { DrivenSale } from './driven-sale.ts';
import type { PoolSettings, PoolSnapshot, PostAnswer } from './main-api-in-memory.ts';
import { costOf, type KnownInvestment } from './sale-model.ts';
import type { Amount, SaleStep, SaleTerms } from './sale-steps.ts';

export const START_MS = Date.UTC(2026, 10, 25, 12);
const POOL_ID = 'pool-of-the-sale';
/** What a ledger refuses for reasons outside of it. */
const FORBIDDEN = { kind: 'rejection', code: 'KYC_REQUIRED', message: 'not verified', field: null } as const;

interface InFlight {
  row: OutboxRow;
  /** Null: no answer comes. */
  answer: PostAnswer | null;
  /** The call has yet to reach the main API. */
  isSlow: boolean;
}

/** The newest but `back`; the oldest if there are not so many. */
const fromEnd = <Item>(items: readonly Item[], back: number): Item | undefined =>
  items[Math.max(0, items.length - 1 - back)];

export class PlayedSale {
  readonly sale: DrivenSale;
  /** What syncs have read, oldest first. */
  #revisionAtLastRead = 0;
  readonly #read: PoolSnapshot[] = [];
  readonly #versions: UpstreamInvestment[] = [];
  readonly #noted = new Map<string, string>();
  readonly #inFlight: InFlight[] = [];
  readonly #terms: SaleTerms;

  constructor(terms: SaleTerms) {
    this.#terms = terms;
    this.sale = new DrivenSale({ ...terms, settings: settingsOf(terms), startMs: START_MS });
    this.#readPool(0);
  }

  play(step: SaleStep): void {
    const { sale } = this;
    const { mainApi } = sale;
    switch (step.kind) {
      case 'invest': {
        const userId = `user-${step.user}`;
        const amount = this.#amount(step.amount);
        sale.invest(
          {
            userId,
            amount: step.zeros ? withZeros(amount) : amount,
            idempotencyKey: `key-${step.key}`,
            refusal: step.isForbidden ? FORBIDDEN : null,
            elsewhere: this.#elsewhere(userId, step.seesElsewhere),
          },
          this.#view(step.view),
          step.fault,
        );
        break;
      }
      case 'register':
        sale.register(`user-${step.user}`, this.#view(step.view), step.fault);
        break;
      case 'submit': {
        const investment = this.#investment(step.investment);
        const userId = step.isStranger ? 'user-of-nothing' : (investment?.userId ?? 'user-0');
        sale.submit(
          {
            userId,
            investmentId: investment?.id ?? 'none',
            transactionHash: `0x${String(step.hash).repeat(64)}`,
            elsewhere: this.#elsewhere(userId, true),
          },
          step.fault,
        );
        break;
      }
      case 'claim': {
        const investment = this.#investment(step.investment);
        const row = investment && sale.row(investment.id);
        if (investment === undefined || row === undefined) break;
        sale.claim({ userId: investment.userId, investment: row }, this.#view(0), step.fault);
        break;
      }
      case 'tick':
        sale.tick(step.fault);
        break;
      case 'send':
        this.#send(step.row, step.fate);
        break;
      case 'answer': {
        const [call] = this.#inFlight.splice(step.index % Math.max(1, this.#inFlight.length), 1);
        if (call === undefined) break;
        sale.answer(call.row, call.isSlow ? this.#post(call.row) : call.answer, step.fault);
        break;
      }
      case 'decide': {
        const id = this.#investment(step.investment)?.id ?? '';
        if (step.decision === 'vest') mainApi.vest(id, step.quarters);
        else mainApi[step.decision](id);
        break;
      }
      case 'buy-elsewhere':
        mainApi.buyElsewhere(
          `user-${step.user}`,
          (toUnits(mainApi.settings.total_tokens) * BigInt(step.part)) / 7n,
        );
        break;
      case 'release-elsewhere':
        mainApi.releaseElsewhere(step.index);
        break;
      case 'read':
        this.#readPool(step.askedBeforeMs);
        break;
      case 'hand-over': {
        const snapshot = fromEnd(this.#read, step.snapshot);
        if (snapshot === undefined) break;
        sale.giveSnapshot(snapshot, step.fault);
        break;
      }
      case 'records': {
        const records = step.versions.flatMap((back) => fromEnd(this.#versions, back) ?? []);
        if (records.length > 0) sale.giveRecords(records, step.fault);
        break;
      }
      case 'change':
        mainApi.change(this.#changed(step.change));
        break;
      case 'pass':
        mainApi.nowMs += step.ms;
        break;
      case 'clock-jump':
        sale.skewMs = step.ms;
        break;
      case 'restart':
        this.end();
        break;
      case 'flush':
        sale.flush(step.limit, step.fate, step.fault);
        break;
      default:
        step satisfies never;
    }
    this.#noteVersions();
  }

  #readPool(askedBeforeMs: number): void {
    const { mainApi } = this.sale;
    const { shownRevision } = this.sale;
    const revision = askedBeforeMs > 0 ? this.#revisionAtLastRead : shownRevision;
    const snapshot = mainApi.snapshot(mainApi.nowMs - askedBeforeMs + this.#terms.syncSkewMs, revision);
    this.#revisionAtLastRead = shownRevision;
    this.#read.push(snapshot);
  }

  #send(index: number, fate: Extract<SaleStep, { kind: 'send' }>['fate']): void {
    const rows = this.sale.ledger.due(6);
    const row = rows[index % Math.max(1, rows.length)];
    if (row === undefined) return;
    this.sale.sending(row);
    const reaches = fate !== 'slow' && fate !== 'lost-before';
    const answer = reaches ? this.#post(row, fate === 'refused') : null;
    this.#inFlight.push({ row, answer: fate === 'lost-after' ? null : answer, isSlow: fate === 'slow' });
  }

  #post(row: OutboxRow, isToBeRefused = false): PostAnswer {
    return this.sale.mainApi.post(row, isToBeRefused);
  }

  /** The answers to its calls are lost; the calls themselves are not. */
  end(): void {
    for (const call of this.#inFlight.splice(0)) if (call.isSlow) this.#post(call.row);
    this.sale.observed.restart();
  }

  #noteVersions(): void {
    for (const record of this.sale.mainApi.records()) {
      const text = JSON.stringify(record);
      if (this.#noted.get(record.id) === text) continue;
      this.#noted.set(record.id, text);
      this.#versions.push(record);
    }
  }

  /** The pool as D1 has it. */
  #view(back: number): PoolSnapshot {
    const view = fromEnd(this.#read, back);
    if (view === undefined) throw new Error('the pool was never read');
    return view;
  }

  #investment(index: number): KnownInvestment | undefined {
    const investments = [...this.sale.model.investments.values()];
    return fromEnd(investments, index);
  }

  #elsewhere(userId: string, isSeen: boolean): { amount: string; isParticipant: boolean } {
    const sales = this.sale.mainApi.otherSales.filter((sale) => sale.isLiving && sale.userId === userId);
    if (!isSeen || sales.length === 0) return { amount: '0', isParticipant: false };
    return { amount: fromUnits(sales.reduce((sum, { units }) => sum + units, 0n)), isParticipant: true };
  }

  #amount(amount: Amount): string {
    const { model, mainApi } = this.sale;
    const { token_price, total_tokens, min_allocation, max_allocation } = mainApi.settings;
    const decimals = mainApi.settings.payment_decimals ?? 0;
    const step = 10n ** BigInt(18 - decimals);
    const inSteps = (units: bigint) => (units / step) * step;
    const all = costOf(toUnits(total_tokens), token_price, decimals);
    const last = costOf(
      model.newest === null ? toUnits(total_tokens) : model.reader.balance('tokens:unsold'),
      token_price,
      decimals,
    );
    const units: Record<Amount, () => bigint> = {
      minimum: () => toUnits(min_allocation),
      'below-minimum': () => inSteps(toUnits(min_allocation)) - step,
      maximum: () => toUnits(max_allocation ?? fromUnits(all)),
      half: () => inSteps(all / 2n),
      third: () => inSteps(all / 3n),
      last: () => last,
      'more-than-last': () => last + step,
      'less-than-last': () => last - step,
      one: () => 10n ** 18n,
      tiny: () => step,
      'too-fine': () => 10n ** 18n + (step > 1n ? step / 10n : 0n),
      zero: () => 0n,
    };
    const found = units[amount]();
    return fromUnits(found < 0n ? 0n : found);
  }

  #changed(change: Extract<SaleStep, { kind: 'change' }>['change']): Partial<PoolSettings> {
    const { settings } = this.sale.mainApi;
    const times = (decimal: string, tenths: bigint) => fromUnits((toUnits(decimal) * tenths) / 10n);
    switch (change) {
      case 'cap-up':
        return { total_tokens: times(settings.total_tokens, 13n) };
      case 'cap-down':
        return { total_tokens: times(settings.total_tokens, 6n) };
      case 'price':
        return { token_price: settings.token_price === '2' ? '0' : '2' };
      case 'longer':
        return { sale_end: settings.sale_end + 3_600 };
      case 'shorter':
        return { sale_end: settings.sale_end - 3_600 };
      case 'cancelled':
        return { status: 'cancelled' };
      case 'maximum':
        return { max_allocation: times(settings.max_allocation ?? settings.total_tokens, 5n) };
      case 'places':
        return { max_participants: (settings.max_participants ?? 4) - 1 };
      default:
        change satisfies never;
        return {};
    }
  }
}

function settingsOf(terms: SaleTerms): PoolSettings {
  const step = 10n ** BigInt(18 - terms.decimals);
  const all = costOf(toUnits(terms.total), terms.price, terms.decimals);
  const tenths = (number: number) => fromUnits(((all * BigInt(number)) / 10n / step) * step);
  const start = START_MS / 1_000 + terms.beginsInSeconds;
  return {
    id: POOL_ID,
    pool_type: 'public',
    token_price: terms.price,
    total_tokens: terms.total,
    min_allocation: tenths(terms.minimumTenths),
    max_allocation: terms.maximumTenths === null ? null : tenths(terms.maximumTenths),
    max_participants: terms.places,
    payment_token: 'USDC',
    payment_decimals: terms.decimals,
    blockchain: 'ethereum',
    registration_start: terms.hasRegistration ? start - 86_400 : null,
    registration_end: null,
    sale_start: start,
    sale_end: start + terms.lastsSeconds,
    status: 'active',
  };
}

/** The same amount, written otherwise. */
function withZeros(decimal: string): string {
  if (!decimal.includes('.')) return `${decimal}.00`;
  return decimal.length - decimal.indexOf('.') <= UNIT_DIGITS ? `${decimal}0` : decimal;
}
