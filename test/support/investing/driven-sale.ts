/**
 * A sale that is driven step by step: an observed ledger, the main API in memory and D1 in memory. Each command checks its
 * answer, and throws where a promise is broken.
 */
import type { OutboxRow, Projection } from '../../../src/investing/ledger-types.ts';
import type {
  ClaimRequest,
  InvestRequest,
  LedgerAnswer,
  LedgerRejection,
  PoolTerms,
  SubmitRequest,
  UpstreamInvestment,
} from '../../../src/investing/pool-ledger.ts';
import type { InvestmentRow } from '../../../src/storage/d1/investments.ts';
import { toUnits } from '../../../src/storage/decimal-units.ts';
import { D1InMemory } from './d1-in-memory.ts';
import { checkAllocation, checkInvestAnswer, checkRow } from './invest-answers.ts';
import {
  MainApiInMemory,
  type PoolSettings,
  type PoolSnapshot,
  type PostAnswer,
} from './main-api-in-memory.ts';
import { must } from './must.ts';
import { NO_FAULT, ObservedLedger } from './observed-ledger.ts';
import { checkSubmitAnswer } from './submit-answers.ts';

const TRACE = { requestId: 'request', traceparent: null };

export interface SaleOptions {
  settings: PoolSettings;
  startMs: number;
  checksRoom: boolean;
  stampsReads: boolean;
}

export class DrivenSale {
  readonly mainApi: MainApiInMemory;
  readonly d1 = new D1InMemory();
  /** The ledger's machine, ahead of the main API. */
  skewMs = 0;
  readonly observed = new ObservedLedger(() => this.mainApi.nowMs + this.skewMs);
  readonly model = this.observed.model;
  readonly #answers = new Map<string, InvestmentRow>();

  constructor(options: SaleOptions) {
    this.mainApi = new MainApiInMemory(options.settings, options.startMs);
    this.mainApi.checksRoom = options.checksRoom;
    this.mainApi.stampsReads = options.stampsReads;
  }

  get ledger(): ObservedLedger['ledger'] {
    return this.observed.ledger;
  }

  /** The ledger's revision that D1 shows. */
  get shownRevision(): number {
    return this.d1.figures?.ledger_revision ?? 0;
  }

  /** An investment as D1 or else the last answer shows it. */
  row(id: string): InvestmentRow | undefined {
    return this.d1.investments.get(id) ?? this.#answers.get(id);
  }

  /** @returns null if the caller hears nothing */
  invest(
    request: Omit<InvestRequest, 'trace' | 'pool'>,
    view: PoolSnapshot,
    fault = NO_FAULT,
  ): LedgerAnswer | null {
    const full: InvestRequest = { ...request, pool: ofD1(view), trace: TRACE };
    return this.observed.command(
      {
        kind: 'people',
        gives: { snapshot: view, terms: full.pool },
        call: (ledger) => ledger.invest(full),
        check: (answer) => {
          const isNew = checkInvestAnswer(this.model, full, answer);
          if (!('investment' in answer)) return;
          if (isNew) checkAllocation(this.model);
          this.#note(answer.investment);
        },
      },
      fault,
    );
  }

  register(userId: string, view: PoolSnapshot, fault = NO_FAULT): LedgerRejection | null {
    const terms = ofD1(view);
    return this.observed.command(
      {
        kind: 'people',
        gives: { snapshot: view, terms },
        call: (ledger) => ledger.register({ pool: terms, userId, trace: TRACE }),
        check: (rejection) => {
          if (rejection === null) this.model.person(userId).isRegistered = true;
        },
      },
      fault,
    );
  }

  submit(request: Omit<SubmitRequest, 'trace'>, fault = NO_FAULT): LedgerAnswer | null {
    const { model } = this;
    const full = { ...request, trace: TRACE };
    const known = model.investments.get(request.investmentId);
    const own = known?.userId === request.userId ? known : undefined;
    const failureBefore = known?.failure ?? null;
    return this.observed.command(
      {
        kind: 'people',
        call: (ledger) => ledger.submit(full),
        check: (answer, statuses) => {
          const status = statuses.get(request.investmentId) ?? null;
          const hasRunOut = status === 'reserved' && (known?.expiresAt ?? 0) <= model.clockSeconds;
          const others = model.living(request.userId).filter(({ id }) => id !== request.investmentId);
          const before = {
            status: hasRunOut ? ('failed' as const) : status,
            failure: hasRunOut ? 'EXPIRED' : failureBefore,
            wasTold: own?.told.has(request.transactionHash) ?? false,
            livingAmount: others.reduce((sum, { amountUnits }) => sum + amountUnits, 0n),
          };
          own?.told.add(request.transactionHash);
          if (own !== undefined && request.elsewhere.isParticipant)
            model.person(request.userId).isParticipantElsewhere = true;
          checkSubmitAnswer(model, full, answer, before);
          if ('investment' in answer) this.#note(answer.investment);
        },
      },
      fault,
    );
  }

  claim(
    request: Omit<ClaimRequest, 'trace' | 'pool'>,
    view: PoolSnapshot,
    fault = NO_FAULT,
  ): LedgerAnswer | null {
    const full: ClaimRequest = { ...request, pool: ofD1(view), trace: TRACE };
    return this.observed.command(
      {
        kind: 'people',
        gives: { snapshot: view, terms: full.pool },
        call: (ledger) => ledger.claim(full),
        check: (answer) => {
          if ('code' in answer) return;
          this.#note(answer.investment);
          must(claimableUnits(answer.investment) === 0n, 'a claim takes all that can be claimed');
        },
      },
      fault,
    );
  }

  tick(fault = NO_FAULT): void {
    this.observed.command({ kind: 'people', call: (ledger) => ledger.tick() }, fault);
  }

  /** A sync first hands over the records that it has read after the snapshot. */
  giveSnapshot(snapshot: PoolSnapshot, fault = NO_FAULT): void {
    this.giveRecords(this.mainApi.records());
    this.observed.command(
      {
        kind: 'terms',
        gives: { snapshot, terms: snapshot.terms },
        call: (ledger) => ledger.applyTerms(snapshot.terms),
      },
      fault,
    );
  }

  giveRecords(records: readonly UpstreamInvestment[], fault = NO_FAULT): void {
    this.observed.command({ kind: 'facts', call: (ledger) => ledger.applyRecords(records) }, fault);
  }

  sending(row: OutboxRow): void {
    this.observed.command({ kind: 'other', call: (ledger) => ledger.sending(row) });
  }

  /** @param answer null: none came */
  answer(row: OutboxRow, answer: PostAnswer | null, fault = NO_FAULT): void {
    this.observed.command(
      {
        kind: answer?.kind === 'refused' ? 'refusal' : 'facts',
        call: (ledger) => {
          if (answer === null) ledger.postpone(row);
          else if (answer.kind === 'stored') ledger.acknowledge(row, answer.record);
          else ledger.refuse(row, answer);
        },
        check: () => {
          if (answer?.kind !== 'refused') return;
          // Whoever the main API does not register can try again.
          if (row.kind === 'registration')
            this.model.person(JSON.parse(row.body).user_id).isRegistered = false;
          const investment = this.model.investments.get(row.subject);
          if (investment !== undefined) investment.isRefused = true;
        },
      },
      fault,
    );
  }

  flush(limit: number, fate: 'done' | 'lost-before' | 'lost-after' = 'done', fault = NO_FAULT): void {
    const projection = this.ledger.projection(limit);
    this.#checkProjection(projection);
    if (fate === 'lost-before') return;
    this.d1.write(projection);
    if (fate === 'done')
      this.observed.command({ kind: 'other', call: (ledger) => ledger.projected(projection) }, fault);
  }

  #checkProjection({ figures, investments }: Projection): void {
    const { reader } = this.model;
    for (const row of investments) checkRow(this.model, row);
    if (figures === null) return;
    const held = ['reserved', 'sold', 'elsewhere'].map((name) => reader.balance(`tokens:${name}`));
    const sold = held.reduce((sum, units) => sum + units, 0n);
    must(toUnits(figures.sold_tokens) === sold, 'what D1 shows as sold is what the ledger holds');
    const isHead = figures.ledger_hash === reader.hash && BigInt(figures.ledger_sequence) === reader.sequence;
    must(isHead, 'D1 shows the last entry');
  }

  #note(row: InvestmentRow): void {
    checkRow(this.model, row);
    this.#answers.set(row.id, row);
  }
}

/** A pool's row in D1 does not say when it was asked for. */
const ofD1 = (snapshot: PoolSnapshot): PoolTerms => ({
  ...snapshot.terms,
  askedAtMs: 0,
  askedAtRevision: 0,
});

export function claimableUnits(row: InvestmentRow): bigint {
  const claimed = toUnits(row.total_claimed);
  const level = toUnits(row.claim_level);
  const claimable = toUnits(row.claimable_amount);
  const left = claimed + claimable - level;
  if (left < 0n) return 0n;
  const isUnclaimed = claimed >= level;
  return isUnclaimed ? claimable : left;
}
