/** People with the rights to invest, and rows of D1 about what they did. */
import { env } from 'cloudflare:workers';
import type { InvestmentRow } from '../../src/storage/d1/investments.ts';
import { sortableUnits, toUnits } from '../../src/storage/decimal-units.ts';
import { MADE_ELSEWHERE } from './investment-rows.ts';
import { bearer } from './rights/ask-as.ts';
import { openSession } from './rights/people.ts';

export interface Investor {
  id: string;
  headers: Record<string, string>;
}

interface Rights {
  kycLevel?: number;
  permissions?: string[];
}

/** With an account and a session, which begins by the gateway's clock. */
export async function createInvestor(id: string, rights: Rights = {}): Promise<Investor> {
  await accountOf(id, rights).run();
  return signIn(id);
}

/** As `createInvestor`, many at once. */
export async function createInvestors(ids: readonly string[]): Promise<Investor[]> {
  await env.DB.batch(ids.map((id) => accountOf(id)));
  return Promise.all(ids.map(signIn));
}

/** A session, which begins by the gateway's clock; its token lives for `ACCESS_TOKEN_SECONDS`. */
export async function signIn(id: string): Promise<Investor> {
  return { id, headers: bearer((await openSession(id)).accessToken) };
}

const accountOf = (id: string, { kycLevel = 2, permissions = ['read', 'invest'] }: Rights = {}) =>
  insertStatement('user_account', {
    id,
    kyc_level: kycLevel,
    permissions: JSON.stringify(permissions),
    last_active_at: 1,
    created_at: 1,
  });

/** A new session of the same person, when the clock has ended the last one. */
export const signedInAgain = async ({ id }: Investor): Promise<Investor> => ({
  id,
  headers: bearer((await openSession(id)).accessToken),
});

export type InvestmentFields = Partial<InvestmentRow> & Pick<InvestmentRow, 'id' | 'user_id' | 'pool_id'>;

/** @param fields of an investment of 100 USDT for 50 tokens that was confirmed elsewhere; others are as given */
export async function insertInvestments(...fields: readonly InvestmentFields[]): Promise<void> {
  await env.DB.batch(
    fields.map((given) => {
      const row: InvestmentRow = { ...CONFIRMED, ...given };
      const units = sortableUnits(toUnits(row.total_claimed));
      return insertStatement('user_investment_cache', { ...row, total_claimed_units: units, created_at: 1 });
    }),
  );
}

const CONFIRMED: Omit<InvestmentRow, 'id' | 'user_id' | 'pool_id'> = {
  ...MADE_ELSEWHERE,
  ...{ investment_amount: '100', token_amount: '50', token_price: '2', payment_token: 'USDT' },
  ...{ status: 'confirmed', total_claimed: '0', claimable_amount: '0', next_claim_date: null },
  ...{
    transaction_hash: null,
    block_number: null,
    invested_at: 1_000,
    confirmed_at: 1_100,
    updated_at: 1_100,
  },
};

interface ColumnInfo {
  name: string;
  type: string;
  notnull: number;
  dflt_value: unknown;
}

/** Pools and their projects, with the least that their tables need. Several may be of one project. */
export async function insertPools(
  pools: readonly { id: string; project: { id: string; symbol: string; owns_symbol?: 0 | 1 } }[],
): Promise<void> {
  const projects = new Map(pools.map(({ project }) => [project.id, project]));
  const leastPool = await leastOf('ido_pool_cache');
  const leastProject = { ...(await leastOf('project_cache')), tags: '[]', blockchain: '[]' };
  await env.DB.batch([
    ...[...projects.values()].map((project) =>
      insertStatement('project_cache', { ...leastProject, ...project }),
    ),
    ...pools.map(({ id, project }) =>
      insertStatement('ido_pool_cache', { ...leastPool, id, project_id: project.id }),
    ),
  ]);
}

/** An empty value for each column that needs one. */
async function leastOf(table: string): Promise<Record<string, unknown>> {
  const { results } = await env.DB.prepare(`PRAGMA table_info(${table})`).all<ColumnInfo>();
  const needed = results.filter(({ notnull, dflt_value }) => notnull === 1 && dflt_value === null);
  return Object.fromEntries(
    needed.filter(({ name }) => name !== 'row_id').map(({ name, type }) => [name, type === 'TEXT' ? '' : 0]),
  );
}

export const insert = (table: string, fields: Record<string, unknown>) =>
  insertStatement(table, fields).run();

export function insertStatement(table: string, fields: Record<string, unknown>): D1PreparedStatement {
  const places = Object.keys(fields).map((_, at) => `?${at + 1}`);
  return env.DB.prepare(
    `INSERT INTO ${table} (${Object.keys(fields).join(', ')}) VALUES (${places.join(', ')})`,
  ).bind(...Object.values(fields));
}
