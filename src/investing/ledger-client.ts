/**
 * The ledgers of pools as requests and jobs call them.
 *
 * A call whose answer is lost, or that a busy ledger has refused, may have been recorded or not: it is reported as
 * retryable. The same request is safe to repeat, because a ledger answers a repeated call with what it has recorded.
 */
import { LEDGER_CALL_TIMEOUT_MS, LEDGER_RETRY_SECONDS } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import { answerOrRetry } from '../storage/answer-or-retry.ts';
import { poolKey, poolKeyOf } from './pool-key.ts';
import type { PoolLedgerCalls } from './pool-ledger.ts';

/** The namespace of the objects, by `poolKey`. */
export interface LedgerObjects {
  getByName(key: string): PoolLedgerCalls;
}

/** Each call throws a `GraphQLError` with `SERVICE_UNAVAILABLE` if its answer is lost. */
export interface Ledgers {
  ofPool(poolId: string): PoolLedgerCalls;
  /** Null if no ledger has made the investment. */
  ofInvestment(investmentId: string): PoolLedgerCalls | null;
}

export function ledgersOf(objects: LedgerObjects): Ledgers {
  const byKey = (key: string): PoolLedgerCalls => {
    // A stub does not recover after some errors, so each call takes its own.
    const call = <Answer>(name: keyof PoolLedgerCalls, ask: (ledger: PoolLedgerCalls) => Promise<Answer>) =>
      answered(key, name, () => ask(objects.getByName(key)));
    return {
      invest: (request) => call('invest', (ledger) => ledger.invest(request)),
      register: (request) => call('register', (ledger) => ledger.register(request)),
      submit: (request) => call('submit', (ledger) => ledger.submit(request)),
      claim: (request) => call('claim', (ledger) => ledger.claim(request)),
      applyTerms: (pool) => call('applyTerms', (ledger) => ledger.applyTerms(pool)),
      applyRecords: (records) => call('applyRecords', (ledger) => ledger.applyRecords(records)),
      poke: () => call('poke', (ledger) => ledger.poke()),
      compare: () => call('compare', (ledger) => ledger.compare()),
      head: () => call('head', (ledger) => ledger.head()),
      exportEntries: (after, limit) => call('exportEntries', (ledger) => ledger.exportEntries(after, limit)),
    };
  };
  return {
    ofPool: (poolId) => byKey(poolKey(poolId)),
    ofInvestment: (investmentId) => {
      const key = poolKeyOf(investmentId);
      return key === null ? null : byKey(key);
    },
  };
}

function answered<Answer>(
  ledger: string,
  call: keyof PoolLedgerCalls,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  return answerOrRetry(ask, {
    limitMs: LEDGER_CALL_TIMEOUT_MS,
    callee: 'ledger',
    retryAfterSeconds: LEDGER_RETRY_SECONDS,
    message:
      'The pool does not answer now. It is safe to send the same request again: nothing happens twice.',
    noteLost: (error) => log.error('investing.answer_lost', { ledger, call, ...errorFields(error) }),
  });
}
