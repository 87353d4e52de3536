import { SALE_FEED_NOTIFY_TIMEOUT_MS } from '../config.ts';
import { answerWithin } from '../storage/answer-within.ts';
import { hasSaleChanges } from '../storage/d1/sale-changes.ts';
import type { JobDeps, JobEffect } from './job.ts';

const failureEvent = 'sync.sale_feed_not_notified';

/** For jobs that write pools or investments. */
export const saleFeedEffect: JobEffect = {
  failureEvent,
  run: async (deps, { written }) => {
    if (written > 0) await notifyOfPending(deps);
  },
};

/** For the minute's job: changes stay pending after a failed notification, and after a write whose answer was lost. */
export const saleFeedRetryEffect: JobEffect = { failureEvent, run: notifyOfPending };

async function notifyOfPending({ db, notifySaleFeed }: JobDeps): Promise<void> {
  if (await hasSaleChanges(db)) await answerWithin(SALE_FEED_NOTIFY_TIMEOUT_MS, 'sale feed', notifySaleFeed);
}
