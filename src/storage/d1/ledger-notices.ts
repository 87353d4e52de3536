/**
 * What a person should look at in a pool and its ledger. Times are in Unix seconds.
 *
 * A ledger numbers its own notices from 1 (`ledger-rows.ts`). Those that jobs find have negative numbers, made from the
 * kind and the investment: one that is found again is the same notice, and is noticed anew after half a day.
 */
import { createHash } from 'node:crypto';
import { jsonChunks } from './json-chunks.ts';

export interface FoundNotice {
  pool_id: string;
  kind: string;
  investment_id: string | null;
  /** Names nobody. */
  detail: string;
}

/** Kinds that say that a ledger, D1 and the main API have different figures. */
export const DISAGREEMENT_KINDS = [
  'ledger_differs',
  'entry_changed',
  'over_allocated',
  'upstream_differs',
  'unknown_investment',
] as const;

const HASH_CHARACTERS = 12;

const NOTICED_ANEW_SECONDS = 43_200;

/** Statements for one batch. They return the notices that are new, or noticed anew. */
export function noticeWrites(
  db: D1Database,
  notices: readonly FoundNotice[],
  nowSeconds: number,
): D1PreparedStatement[] {
  const statement = db.prepare(
    `INSERT INTO ledger_notice (pool_id, notice_id, kind, investment_id, detail, noticed_at)
     SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, ?2 FROM json_each(?1) WHERE true
     ON CONFLICT (pool_id, notice_id) DO UPDATE SET detail = excluded.detail, noticed_at = excluded.noticed_at
       WHERE ledger_notice.noticed_at NOT BETWEEN ?2 - ${NOTICED_ANEW_SECONDS} AND ?2
     RETURNING pool_id, kind, investment_id, detail`,
  );
  const tuples = notices.map(({ pool_id, kind, investment_id, detail }) => [
    ...[pool_id, noticeId(kind, investment_id), kind, investment_id, detail],
  ]);
  return jsonChunks(tuples).map((chunk) => statement.bind(chunk, nowSeconds));
}

function noticeId(kind: string, investmentId: string | null): number {
  const hash = createHash('sha256')
    .update(`${kind} ${investmentId ?? ''}`)
    .digest('hex');
  return -1 - Number.parseInt(hash.slice(0, HASH_CHARACTERS), 16);
}

export interface NoticeCount {
  kind: string;
  notices: number;
}

/** By kind, the one that was noticed last first. */
export async function noticesSince(db: D1Database, sinceSeconds: number): Promise<NoticeCount[]> {
  const { results } = await db
    .prepare(
      `SELECT kind, count(*) AS notices FROM ledger_notice WHERE noticed_at >= ?1
       GROUP BY kind ORDER BY max(noticed_at) DESC, kind`,
    )
    .bind(sinceSeconds)
    .all<NoticeCount>();
  return results;
}

export const expiredNoticesDelete = (db: D1Database, beforeSeconds: number): D1PreparedStatement =>
  db.prepare('DELETE FROM ledger_notice WHERE noticed_at < ?1').bind(beforeSeconds);
