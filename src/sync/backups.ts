/**
 * Backs up D1 and the ledgers, once a day: the first run of a day begins it, each next one continues, and once it is there a
 * run costs one read of R2. `src/backups/back-up.ts` says what it guarantees.
 */
import { backUp } from '../backups/back-up.ts';
import { deleteExpiredBackups } from '../backups/expired-backups.ts';
import { BACKUP_FILE_BYTES, BACKUP_PAGES_PER_RUN } from '../config.ts';
import { log } from '../observability/log.ts';
import { type JobDefinition, type JobDeps, type JobReport, type JobRun, nothingDone } from './job.ts';

export const backupsJob: JobDefinition = {
  name: 'backups',
  // Away from the full hour, when other jobs write most.
  schedule: { cron: '30 * * * *', intervalSeconds: 3_600 },
  leaseSeconds: 300,
  run: backUpDaily,
};

async function backUpDaily(deps: JobDeps, { startedAt, lease }: JobRun): Promise<JobReport> {
  const { storage, nowMs, backupSealing } = deps;
  const report: JobReport = nothingDone();
  try {
    const { date, state } = await backUp(deps, {
      startedAtMs: startedAt * 1000,
      nowMs,
      sealing: backupSealing,
      maxPages: BACKUP_PAGES_PER_RUN,
      fileBytes: BACKUP_FILE_BYTES,
      keep: lease.keep,
      claim: async () => void (await lease.write([])),
      stored({ rows }) {
        report.read += rows;
        report.written += 1;
      },
    });
    if (state !== 'finished') return report;
    if (backupSealing === null) log.warn('backups.secrets_missing', { date, setting: 'BACKUP_KEY' });
    const deleted = await deleteExpiredBackups(storage, nowMs());
    log.info('backups.finished', { date, deleted });
  } catch (failure) {
    report.failure = failure;
  }
  return report;
}
