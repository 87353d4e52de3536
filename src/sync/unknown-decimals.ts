/**
 * Notices pools in which nobody can invest, because neither the main API nor the gateway's table knows how many digits
 * their payment token has after the point.
 */
import { paymentDecimals } from '../investing/payment-decimals.ts';
import { openPoolsWithoutDecimals } from '../storage/d1/ido-pools.ts';
import { noticeWrites } from '../storage/d1/ledger-notices.ts';
import type { JobEffect } from './job.ts';
import { logNotices } from './log-notices.ts';

export const unknownDecimalsEffect: JobEffect = {
  failureEvent: 'sync.decimals_not_checked',
  run: async ({ db, nowMs }) => {
    const nowSeconds = Math.floor(nowMs() / 1000);
    const pools = await openPoolsWithoutDecimals(db, nowSeconds);
    const notices = pools
      .filter((pool) => paymentDecimals(pool) === null)
      .map(({ id, blockchain, payment_token }) => ({
        ...{ pool_id: id, kind: 'unknown_decimals', investment_id: null },
        detail: `Nobody can invest: the digits of ${payment_token} on ${blockchain} are not known.`,
      }));
    if (notices.length === 0) return;
    logNotices(await db.batch(noticeWrites(db, notices, nowSeconds)));
  },
};
