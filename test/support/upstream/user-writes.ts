/** What the edge hands over: accounts, registrations, investments, claims, documents. Each is validated, then applied once. */
import { decimal, oneOf, optionalText, text, texts, unixSeconds, whole } from './body-fields.ts';
import { parseDecimal } from './decimals.ts';
import type { PostedInvestment } from './edge-investments.ts';
import { type IdempotencyKey, IdempotencyLedger } from './idempotency.ts';
import type { InvestmentBook } from './investments.ts';
import type { AccountRecord, People } from './people.ts';
import type { PoolBook } from './pools.ts';
import type { Fields, PoolRecord } from './records.ts';
import { Refusals } from './refusals.ts';
import { badRequest, conflict, notFound, Refusal, type Reply } from './reply.ts';

const DOCUMENT_KINDS = ['passport', 'address_proof', 'selfie'] as const;
const STATUSES = ['pending', 'confirmed', 'failed', 'refunded'] as const;

export class UserWrites {
  readonly #people: People;
  readonly #pools: PoolBook;
  readonly #investments: InvestmentBook;
  readonly refusals = new Refusals();
  readonly #ledger = new IdempotencyLedger();
  readonly #accountSequences = new Map<string, number>();

  constructor(people: People, pools: PoolBook, investments: InvestmentBook) {
    this.#people = people;
    this.#pools = pools;
    this.#investments = investments;
  }

  handovers() {
    return this.#ledger.handovers();
  }

  createUser(key: IdempotencyKey, body: Fields, now: number): Reply {
    const account: AccountRecord = {
      id: text(body, 'id'),
      email: optionalText(body, 'email'),
      wallet_addresses: texts(body, 'wallet_addresses'),
      created_at: unixSeconds(body, 'created_at'),
    };
    sameId(key, account.id);
    const apply = () => {
      const owner = account.email ? this.#people.ownerOfEmail(account.email) : null;
      if (owner !== null && owner !== account.id)
        throw conflict('this e-mail address belongs to another user');
      if (this.#people.otherOwnerOfWallets(account.wallet_addresses, account.id) !== null)
        throw conflict('one of these wallets belongs to another user');
      if ((this.#accountSequences.get(account.id) ?? -1) > key.sequence) return false;
      this.#accountSequences.set(account.id, key.sequence);
      this.#people.open(account, now);
      return true;
    };
    return this.#ledger.once('users', key, body, apply, () => this.#people.account(account.id));
  }

  createRegistration(key: IdempotencyKey, body: Fields, now: number): Reply {
    const registration = {
      pool_id: text(body, 'pool_id'),
      user_id: text(body, 'user_id'),
      registered_at: unixSeconds(body, 'registered_at'),
    };
    const apply = () => {
      const pool = this.#openPool(registration.pool_id, now);
      this.refusals.meet('create-registration', { poolId: pool.id, userId: registration.user_id });
      // A whitelist takes whoever signs up; a private sale leaves the decision to its team.
      if (pool.pool_type === 'whitelist') this.#people.setEligible(pool.id, registration.user_id, true, now);
      return true;
    };
    return this.#ledger.once('registrations', key, body, apply, () => registration);
  }

  createInvestment(key: IdempotencyKey, body: Fields, now: number): Reply {
    const posted = postedInvestment(body);
    sameId(key, posted.id);
    if (posted.sequence !== key.sequence) throw badRequest('sequence must be the one of the Idempotency-Key');
    const stored = () => this.#investments.find(posted.id, now);
    const apply = () => {
      const known = this.#investments.sequenceOf(posted.id, now);
      if (known !== null && known >= posted.sequence) return false;
      this.#checkOwner(posted, now);
      try {
        this.#checkInvestment(posted, known !== null, now);
      } catch (error) {
        if (error instanceof Refusal) this.#investments.refuse(posted, this.#storingAt(posted, now));
        throw error;
      }
      this.#investments.store(posted, this.#storingAt(posted, now));
      return true;
    };
    return this.#ledger.once('investments', key, body, apply, stored);
  }

  createClaim(key: IdempotencyKey, body: Fields, now: number): Reply {
    const claim = {
      id: text(body, 'id'),
      investment_id: text(body, 'investment_id'),
      user_id: text(body, 'user_id'),
      amount: decimal(body, 'amount'),
      requested_at: unixSeconds(body, 'requested_at'),
    };
    sameId(key, claim.id);
    const apply = () => {
      const investment = this.#investments.find(claim.investment_id, now);
      if (investment === null) throw conflict('there is no such investment');
      if (investment.user_id !== claim.user_id) throw conflict('the investment belongs to another user');
      const amount = parseDecimal(claim.amount);
      if (amount === 0n || amount > parseDecimal(investment.claimable_amount)) {
        throw conflict('this is more than can be claimed');
      }
      this.refusals.meet('create-claim', {
        poolId: investment.pool_id,
        userId: claim.user_id,
        investmentId: investment.id,
      });
      this.#investments.claim(claim.investment_id, amount, now);
      return true;
    };
    return this.#ledger.once('claims', key, body, apply, () => claim);
  }

  createDocument(key: IdempotencyKey, body: Fields, userId: string): Reply {
    const document = {
      file_id: text(body, 'file_id'),
      kind: oneOf(body, 'kind', DOCUMENT_KINDS),
      uploaded_at: unixSeconds(body, 'uploaded_at'),
    };
    sameId(key, document.file_id);
    if (this.#people.stats(userId) === null) throw notFound('there is no such user');
    const apply = () => {
      this.refusals.meet('create-document', { userId });
      return true;
    };
    return this.#ledger.once('documents', key, body, apply, () => document);
  }

  #openPool(id: string, now: number, exceptInvestment?: string): PoolRecord {
    const pool = this.#pools.find(id, now, exceptInvestment);
    if (pool === null) throw conflict('there is no such pool');
    if (pool.status === 'cancelled') throw conflict('the pool was cancelled');
    return pool;
  }

  #storingAt({ pool_id }: PostedInvestment, now: number): number {
    return this.#pools.storingAt(pool_id, now);
  }

  #checkOwner(posted: PostedInvestment, now: number): void {
    const before = this.#investments.find(posted.id, now);
    if (before !== null && (before.user_id !== posted.user_id || before.pool_id !== posted.pool_id)) {
      throw conflict('this investment is of another user or pool');
    }
  }

  #checkInvestment(posted: PostedInvestment, known: boolean, now: number): void {
    this.refusals.meet('create-investment', {
      poolId: posted.pool_id,
      userId: posted.user_id,
      investmentId: posted.id,
      paid: typeof posted.transaction_hash === 'string',
    });
    // Giving up needs no room, whatever has become of the pool.
    if (known && posted.status !== 'pending' && posted.status !== 'confirmed') return;
    const pool = this.#openPool(posted.pool_id, now, posted.id);
    if (posted.status === 'failed' || posted.status === 'refunded') return;
    const left = parseDecimal(pool.total_tokens) - parseDecimal(pool.sold_tokens);
    if (parseDecimal(posted.token_amount) > left) throw conflict('the pool has not that many tokens left');
  }
}

function sameId(key: IdempotencyKey, id: string): void {
  if (key.id !== id) throw badRequest('id must be the one of the Idempotency-Key');
}

function postedInvestment(body: Fields): PostedInvestment {
  const investedAt = unixSeconds(body, 'invested_at');
  return {
    id: text(body, 'id'),
    user_id: text(body, 'user_id'),
    pool_id: text(body, 'pool_id'),
    investment_amount: decimal(body, 'investment_amount'),
    token_amount: decimal(body, 'token_amount'),
    token_price: decimal(body, 'token_price'),
    payment_token: text(body, 'payment_token'),
    status: oneOf(body, 'status', STATUSES),
    total_claimed: '0',
    claimable_amount: '0',
    transaction_hash: optionalText(body, 'transaction_hash'),
    invested_at: investedAt,
    updated_at: investedAt,
    sequence: whole(body, 'sequence'),
  };
}
