import { sendIdentification } from '../files/identification-outbox.ts';
import { everyMinute, type JobDefinition } from './job.ts';

/** Notifies the main API of documents, if the request that completed one could not. */
export const identificationOutboxJob: JobDefinition = {
  name: 'identification-outbox',
  schedule: everyMinute,
  leaseSeconds: 300,
  async run({ db, mainApi, nowMs, randomId }, { lease: { write } }) {
    const nowSeconds = () => Math.floor(nowMs() / 1000);
    const trace = { requestId: randomId(), traceparent: null };
    const { stored, refused, failed, ...ended } = await sendIdentification(
      { db, mainApi, nowSeconds, trace, write },
      null,
    );
    return { read: stored + refused + failed, written: stored + refused, skipped: failed, ...ended };
  },
};
