/**
 * Ends documents for identification a year after the decision about their user. Triggers delete the user's key with the last one,
 * and queue the objects for their deletion.
 */
import { IDENTIFICATION_KEPT_SECONDS } from '../config.ts';
import { decidedFilesUpdate, dueFilesDelete } from '../storage/d1/identification-files.ts';
import { unusedKycKeysDelete } from '../storage/d1/kyc-keys.ts';
import { everyHour, type JobDefinition, nothingDone } from './job.ts';

export const identificationJob: JobDefinition = {
  name: 'identification',
  schedule: everyHour,
  leaseSeconds: 300,
  async run({ db }, { startedAt, lease }) {
    const results = await lease.write([
      decidedFilesUpdate(db, { keptSeconds: IDENTIFICATION_KEPT_SECONDS, nowSeconds: startedAt }),
      dueFilesDelete(db, startedAt),
      unusedKycKeysDelete(db),
    ]);
    return { ...nothingDone(), written: results.reduce((sum, { meta }) => sum + meta.changes, 0) };
  },
};
