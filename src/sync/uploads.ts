import { expiredUploadsDelete } from '../storage/d1/user-uploads.ts';
import { everyMinute, type JobDefinition, nothingDone } from './job.ts';

/** Ends uploads that were never completed: their objects are queued for deletion. */
export const uploadsJob: JobDefinition = {
  name: 'uploads',
  schedule: everyMinute,
  leaseSeconds: 300,
  async run({ db }, { startedAt, lease }) {
    const [ended] = await lease.write([expiredUploadsDelete(db, startedAt)]);
    return { ...nothingDone(), written: ended?.results.length ?? 0 };
  },
};
