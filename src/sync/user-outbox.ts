import { sendOutbox } from '../auth/user-outbox.ts';
import { everyMinute, type JobDefinition } from './job.ts';

/** Sends the versions of accounts that the requests which made them could not hand over. */
export const userOutboxJob: JobDefinition = {
  name: 'user-outbox',
  schedule: everyMinute,
  leaseSeconds: 300,
  async run({ db, mainApi, nowMs, randomId }, { lease: { write } }) {
    const nowSeconds = () => Math.floor(nowMs() / 1000);
    const trace = { requestId: randomId(), traceparent: null };
    const { stored, refused, failed, ...ended } = await sendOutbox(
      { db, mainApi, nowSeconds, trace, write },
      null,
    );
    return { read: stored + refused + failed, written: stored + refused, skipped: failed, ...ended };
  },
};
