/** Runs a cron expression in the local gateway and reports each of its jobs as `/health` shows it. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import * as z from 'zod';

const POLL_FIRST_MS = 50;
const POLL_MAX_MS = 500;

const healthSchema = z.object({
  jobs: z.record(
    z.string(),
    z.object({
      outcome: z.string(),
      startedAt: z.iso.datetime().nullable(),
      finishedAt: z.iso.datetime().nullable(),
      read: z.number().nullable(),
      written: z.number().nullable(),
      skipped: z.number().nullable(),
      firstError: z.string().nullable(),
    }),
  ),
});

export interface FinishedJob {
  job: string;
  /** `not run`: another run of the job holds its lease, or the gateway ended it. */
  outcome: string;
  read: number;
  written: number;
  skipped: number;
  firstError: string | null;
  durationMs: number;
}

export async function runCron(
  gatewayUrl: string,
  cron: string,
  report: (job: FinishedJob) => void,
): Promise<void> {
  // Imported late, because a refusal of `npm start` need not wait for all jobs.
  const { jobsOfCron } = await import('../../src/sync/jobs.ts');
  const pending = new Set(jobsOfCron(cron).map(({ name }) => name));
  const startedAtMs = Date.now();
  let lapAtMs = startedAtMs;
  let pollMs = POLL_FIRST_MS;
  let answered = false;
  const request = fireScheduled(gatewayUrl, cron).then(() => {
    answered = true;
  });
  const reportFinished = async () => {
    const { jobs } = healthSchema.parse(await (await fetch(`${gatewayUrl}/health`)).json());
    for (const job of pending) {
      const run = jobs[job];
      if (run === undefined || !isFinishedRunSince(run, startedAtMs)) continue;
      pending.delete(job);
      const { read, written, skipped, outcome, firstError } = run;
      const counts = { read: read ?? 0, written: written ?? 0, skipped: skipped ?? 0 };
      report({ job, outcome, ...counts, firstError, durationMs: Date.now() - lapAtMs });
      lapAtMs = Date.now();
    }
  };
  while (!answered) {
    await Promise.race([request, new Promise((resolve) => setTimeout(resolve, pollMs))]);
    pollMs = Math.min(pollMs * 1.5, POLL_MAX_MS);
    if (!answered) await reportFinished();
  }
  await reportFinished();
  const nothing = { read: 0, written: 0, skipped: 0, firstError: null, durationMs: 0 };
  for (const job of pending) report({ job, outcome: 'not run', ...nothing });
}

function isFinishedRunSince(
  run: { startedAt: string | null; finishedAt: string | null },
  sinceMs: number,
): boolean {
  if (run.startedAt === null || run.finishedAt === null) return false;
  // Run records have times in whole seconds.
  return Date.parse(run.startedAt) >= Math.floor(sinceMs / 1000) * 1000;
}

/** `fetch` stops after five minutes without an answer, and a first night with real upstreams may take longer. */
async function fireScheduled(gatewayUrl: string, cron: string): Promise<void> {
  const request = get(`${gatewayUrl}/cdn-cgi/handler/scheduled?cron=${encodeURIComponent(cron)}`);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  await once(response.resume(), 'end');
  if (response.statusCode !== 200) throw new Error(`the scheduled handler answered ${response.statusCode}`);
}
