/**
 * The registration of every job. A new job is a file that exports its definition, and an entry here.
 *
 * The jobs of one cron expression run in this order, and `/health` shows it. The full syncs of the night have names of
 * their own: under one name, the lease of a frequent run would block the nightly one, and `/health` could not show that
 * the nights fail.
 */
import { alertsJob } from './alerts.ts';
import { backupsJob } from './backups.ts';
import { chatAuthorsJob } from './chat-authors.ts';
import { cleanupJob } from './cleanup.ts';
import { closedUsersJob } from './closed-users.ts';
import { dailyCandlesJob } from './daily-candles.ts';
import { hourlyCandlesJob } from './hourly-candles.ts';
import { identificationJob } from './identification.ts';
import { identificationOutboxJob } from './identification-outbox.ts';
import { poolJobs } from './ido-pools.ts';
import { investmentJobs } from './investments.ts';
import type { JobDefinition } from './job.ts';
import { ledgerCheckJob } from './ledger-check.ts';
import { ledgerPokesJob } from './ledger-pokes.ts';
import { ledgerJobs } from './ledgers.ts';
import { objectDeletionsJob } from './object-deletions.ts';
import { operationFormsJob } from './operation-forms.ts';
import { poolEligibilityJobs } from './pool-eligibility.ts';
import { pricesJob } from './prices.ts';
import { projectDocumentsJob } from './project-documents.ts';
import { projectFilesJob } from './project-files.ts';
import { projectJobs } from './projects.ts';
import { reportJob } from './report.ts';
import { uploadsJob } from './uploads.ts';
import { userOutboxJob } from './user-outbox.ts';
import { userRightsJob } from './user-rights.ts';

const recordJobs = [projectJobs, poolJobs, investmentJobs];

export const JOBS: readonly JobDefinition[] = [
  pricesJob,
  userOutboxJob,
  identificationOutboxJob,
  ledgerPokesJob,
  chatAuthorsJob,
  uploadsJob,
  objectDeletionsJob,
  // Last of the minute: it looks at what the others have left.
  alertsJob,
  ...recordJobs.map(({ changes }) => changes),
  ledgerJobs.changes,
  poolEligibilityJobs.changes,
  operationFormsJob,
  projectFilesJob,
  hourlyCandlesJob,
  closedUsersJob,
  cleanupJob,
  userRightsJob,
  identificationJob,
  backupsJob,
  ...recordJobs.map(({ full }) => full),
  ledgerJobs.full,
  ledgerCheckJob,
  poolEligibilityJobs.full,
  dailyCandlesJob,
  // A main API that is slow must not cost the night its candles: an event has 15 minutes.
  projectDocumentsJob,
  // The last one of the night, so that nothing waits for the counts that it waits for.
  reportJob,
];

/** Seconds between two runs, by job. */
export const JOB_INTERVALS: Readonly<Record<string, number>> = Object.fromEntries(
  JOBS.map(({ name, schedule }) => [name, schedule.intervalSeconds]),
);

/** Empty if no job has the expression. */
export const jobsOfCron = (cron: string) => JOBS.filter(({ schedule }) => schedule.cron === cron);
