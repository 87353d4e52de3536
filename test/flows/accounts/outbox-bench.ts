/** Accounts that are handed over to a market of the simulated upstream, whose every call is noted. */
import { env } from 'cloudflare:workers';
import { type OutboxDeps, sendOutbox } from '../../../src/auth/user-outbox.ts';
import { rightsOf } from '../../../src/auth/user-rights.ts';
import type { SentRows } from '../../../src/storage/d1/send-due-rows.ts';
import { linkWallet, openWithPassword, userById } from '../../../src/storage/d1/users.ts';
import { createMainApi } from '../../../src/upstream/main-api.ts';
import { type Bench, createBench } from '../sync-bench.ts';

const { DB: db } = env;

export const FIRST_WALLET = '0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045';
export const SECOND_WALLET = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed';
export const THIRD_WALLET = '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359';
/** The rights that the simulated main API gives to a new account. */
export const NEW_CUSTOMER = { userLevel: 0, kycLevel: 1, permissions: ['read', 'write'] };

/** The account as D1 has it. */
export async function account(id: string) {
  const row = await userById(db, id);
  if (row === null) throw new Error(`no account is ${id}`);
  return {
    ...rightsOf(row),
    refusedAt: row.refused_at,
    wallets: JSON.parse(row.wallet_addresses) as string[],
  };
}

export const errorsOf = (bench: OutboxBench) => bench.loggedErrors().map(({ event, user }) => [event, user]);

export interface PostedVersion {
  key: string;
  body: string;
}

export interface OutboxBench extends Bench {
  outboxDeps: OutboxDeps;
  /** Every version that was posted, in order. */
  posted: PostedVersion[];
  keys(): string[];
  send(userId?: string, deps?: Partial<OutboxDeps>): Promise<SentRows>;
  /** An account with the address `<id>@example.com`. */
  open(id: string): Promise<void>;
  /** A second later. */
  link(id: string, address: string): Promise<boolean>;
  /** A customer whom the main API has from elsewhere. */
  customer(id: string, account: { email?: string; wallet_addresses?: string[] }): Promise<void>;
  /** The versions that have not been handed over. */
  pending(): Promise<string[]>;
}

/** @param between precedes each call of the main API, and may reject in its place. */
export async function createOutboxBench(between: () => Promise<void> = async () => undefined) {
  const bench = await createBench({ projectCount: 1 });
  const { deps, now } = bench;
  const posted: PostedVersion[] = [];
  const noting: typeof fetch = async (input, init) => {
    if (init?.method === 'POST') {
      const key = new Headers(init.headers).get('idempotency-key') ?? '';
      posted.push({ key, body: String(init.body) });
    }
    await between();
    return fetch(input, init);
  };
  const outboxDeps: OutboxDeps = {
    db,
    mainApi: createMainApi({
      baseUrl: bench.mainApiUrl,
      apiKey: 'simulated-internal-key',
      fetch: noting,
      sleep: deps.sleep,
    }),
    nowSeconds: now,
    trace: { requestId: 'req-1', traceparent: null },
    write: (statements) => db.batch(statements),
  };
  const outboxBench: OutboxBench = {
    ...bench,
    outboxDeps,
    posted,
    keys: () => posted.map(({ key }) => key),
    send: (userId, changes) => sendOutbox({ ...outboxDeps, ...changes }, userId ?? null),
    async open(id) {
      const credential = { email: `${id}@example.com`, passwordHash: 'hash' };
      await openWithPassword(db, { id, displayName: null, nowSeconds: now() }, credential);
    },
    async link(id, address) {
      await bench.advance(1);
      return linkWallet(db, id, { address, contractChainId: null }, now());
    },
    async customer(id, account) {
      const body = JSON.stringify({ id, wallet_addresses: [], created_at: now(), ...account });
      const { trace } = outboxDeps;
      await deps.mainApi.createUser({ userId: id, sequence: 1, body }, trace);
    },
    async pending() {
      const rows = await bench.rows('user_outbox', 'user_id, sequence');
      return rows.map(({ user_id, sequence }) => `${user_id}:${sequence}`);
    },
  };
  return outboxBench;
}
