import { deleteQueuedObjects } from '../files/object-deletions.ts';
import { everyMinute, type JobDefinition, nothingDone } from './job.ts';

/** Deletes the objects of deleted files and ended uploads that the requests which deleted them have left. */
export const objectDeletionsJob: JobDefinition = {
  name: 'object-deletions',
  schedule: everyMinute,
  leaseSeconds: 300,
  async run({ db, storage, nowMs }, { lease: { write } }) {
    const nowSeconds = Math.floor(nowMs() / 1000);
    const written = await deleteQueuedObjects({ db, bucket: storage, write, nowSeconds });
    return { ...nothingDone(), written };
  },
};
