import { log } from '../observability/log.ts';
import type { FoundNotice } from '../storage/d1/ledger-notices.ts';

/** Workers Logs keeps 256 KB of one invocation. */
const LOGGED_MAX = 200;

/** @param results of `noticeWrites`. D1 has all of them, the log has the first ones and their number. */
export function logNotices(results: readonly D1Result[]): void {
  const notices = results.flatMap((result) => result.results as FoundNotice[]);
  for (const { pool_id: pool, investment_id: investment, kind, detail } of notices.slice(0, LOGGED_MAX))
    log.error(`investing.${kind}`, { pool, investment, detail, count: notices.length });
}
