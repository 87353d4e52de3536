/** Rows of D1 as the ledgers of pools write them. */
import { env } from 'cloudflare:workers';
import { poolKey } from '../../src/investing/pool-key.ts';
import type { InvestmentRow } from '../../src/storage/d1/investments.ts';
import { type InvestmentFields, insertInvestments } from './investors.ts';

/** An id as the ledger of the pool makes it. */
export const edgeId = (poolId: string) => `${poolKey(poolId)}-${crypto.randomUUID()}`;

/** Gives a stored pool a ledger, as far as D1 shows it. */
export const giveLedger = (poolId: string, outboxSince: number | null = null) =>
  env.DB.prepare('UPDATE ido_pool_cache SET ledger_revision = 1, ledger_outbox_since = ?2 WHERE id = ?1')
    .bind(poolId, outboxSince)
    .run();

/** An investment of the edge's own. */
export async function insertEdgeInvestment(
  fields: Partial<InvestmentRow> & Pick<InvestmentFields, 'pool_id'>,
): Promise<string> {
  const id = fields.id ?? edgeId(fields.pool_id);
  await insertInvestments({ user_id: 'usr_0001', revision: 1, ...fields, id });
  return id;
}
