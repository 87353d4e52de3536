/** The sync: every job by name, and the jobs of a cron expression. Nothing here throws. */
import { log } from '../observability/log.ts';
import type { MainApi } from '../upstream/main-api.ts';
import { syncRecords } from './changed-records.ts';
import { cleanUp } from './cleanup.ts';
import { syncDailyCandles } from './daily-candles.ts';
import { syncHourlyCandles } from './hourly-candles.ts';
import { idoPoolSource } from './ido-pools.ts';
import { investmentSource } from './investments.ts';
import { type PricesDeps, syncPrices } from './prices.ts';
import { projectSource } from './projects.ts';
import { type Job, type JobResult, type RunDeps, runJob } from './run-job.ts';
import { type JobName, jobsOfCron } from './schedule.ts';

export interface SyncDeps extends RunDeps, PricesDeps {
  mainApi: MainApi;
}

export interface Sync {
  /** Runs the expression's jobs one after another; none where the expression is not one of ours. */
  runCron(cron: string): Promise<JobResult[]>;
  runJob(name: JobName): Promise<JobResult>;
}

export function createSync(deps: SyncDeps): Sync {
  const jobs = createJobs(deps);
  const run = (name: JobName) => runJob(name, jobs[name], deps);
  return {
    runJob: run,
    async runCron(cron) {
      const names = jobsOfCron(cron);
      if (names.length === 0) log.error('sync.unknown_cron', { cron });
      const results: JobResult[] = [];
      for (const name of names) results.push(await run(name));
      return results;
    },
  };
}

function createJobs(deps: SyncDeps): Readonly<Record<JobName, Job>> {
  const { db, mainApi } = deps;
  const projects = projectSource(db, mainApi);
  const pools = idoPoolSource(db, mainApi);
  const investments = investmentSource(db, mainApi);
  return {
    prices: { run: (run) => syncPrices(deps, run) },
    projects: {
      continues: ['projects', 'projects-full'],
      run: (run) => syncRecords(projects, run, 'changed'),
    },
    pools: { continues: ['pools', 'pools-full'], run: (run) => syncRecords(pools, run, 'changed') },
    investments: {
      continues: ['investments', 'investments-full'],
      run: (run) => syncRecords(investments, run, 'changed'),
    },
    'hourly-candles': { run: (run) => syncHourlyCandles(db, run) },
    cleanup: { run: (run) => cleanUp(db, run) },
    'projects-full': { run: (run) => syncRecords(projects, run, 'everything') },
    'pools-full': { run: (run) => syncRecords(pools, run, 'everything') },
    'investments-full': { run: (run) => syncRecords(investments, run, 'everything') },
    'daily-candles': { run: (run) => syncDailyCandles(deps, run) },
  };
}
