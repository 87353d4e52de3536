/**
 * Copies what upstream names of projects into R2, at most once a change: logos and banners as the projects name them, documents
 * and media as the night's job has found them. The older copy is served until the new one is there. A picture whose project has
 * changed is asked for again, at most once a day: its bytes may have changed at the same URL.
 *
 * A file that cannot be copied is named in the log and tried again later, first after five minutes and at last once a day. It
 * keeps no other file waiting.
 */
import pLimit from 'p-limit';
import {
  PROJECT_FILE_RETRY_MAX_SECONDS,
  PROJECT_FILE_RETRY_SECONDS,
  PROJECT_FILES_PER_RUN,
  PROJECT_FILES_RUN_SECONDS,
} from '../config.ts';
import { copyProjectFile } from '../files/copy-project-file.ts';
import { log } from '../observability/log.ts';
import {
  copiedWrites,
  type DueProjectFile,
  dueProjectFilesQuery,
  holdKeyWrite,
  notCopiedWrite,
  pictureSourcesWrites,
  releaseKeyWrite,
  sourceReadWrite,
} from '../storage/d1/project-files.ts';
import {
  everyFiveMinutes,
  type JobDefinition,
  type JobDeps,
  type JobReport,
  type JobRun,
  nothingDone,
} from './job.ts';

/** Each may hold two parts of R2's in memory. */
const FILES_AT_ONCE = 3;
/** The platform's file host is down: to try all others would take the whole run. */
const OUTAGES_IN_A_ROW_MAX = 12;
/** Longer than a run keeps its lease while it copies one file. The object of a run that ended in between is deleted then. */
const HOLD_SECONDS = 600;

export const projectFilesJob: JobDefinition = {
  name: 'project-files',
  schedule: everyFiveMinutes,
  leaseSeconds: 300,
  cacheTag: 'projects',
  run: copyDueFiles,
};

async function copyDueFiles(deps: JobDeps, { startedAt, lease }: JobRun): Promise<JobReport> {
  const { db, nowMs, storage: bucket, platformFiles } = deps;
  const report: JobReport = nothingDone();
  let outagesInARow = 0;
  const secondsNow = () => Math.floor(nowMs() / 1000);

  const isOver = () =>
    report.failure !== undefined ||
    outagesInARow >= OUTAGES_IN_A_ROW_MAX ||
    secondsNow() >= startedAt + PROJECT_FILES_RUN_SECONDS;

  async function copy(due: DueProjectFile): Promise<void> {
    await lease.keep();
    report.read += 1;
    const heldKeys: string[] = [];
    const hold = async (objectKey: string) => {
      const nowSeconds = secondsNow();
      const held = { objectKey, untilSeconds: nowSeconds + HOLD_SECONDS, nowSeconds };
      const [row] = await lease.write([holdKeyWrite(db, held)]);
      if (row?.results.length !== 1) return false;
      heldKeys.push(objectKey);
      return true;
    };
    const copying = await copyProjectFile(due, { bucket, platformFiles, hold });
    if (copying.outcome === 'copied' || copying.outcome === 'unchanged') {
      outagesInARow = 0;
      const read = sourceReadWrite(db, due, { sourceEtag: copying.sourceEtag, nowSeconds: secondsNow() });
      if (copying.outcome === 'unchanged') return void (await lease.write([read]));
      const [updated] = await lease.write([...copiedWrites(db, due, copying.file), read]);
      report.written += updated?.results.length ?? 0;
      return;
    }
    const failures = due.failures + 1;
    await lease.write([
      notCopiedWrite(db, due, secondsNow() + pauseSeconds(failures), failures),
      ...heldKeys.map((key) => releaseKeyWrite(db, key)),
    ]);
    const isPostponed = copying.outcome === 'postponed';
    // A holder releases its key within minutes.
    if (isPostponed && failures === 1) return;
    if (!isPostponed) outagesInARow = copying.outcome === 'failed' ? outagesInARow + 1 : 0;
    report.skipped += 1;
    report.firstError ??= `${due.kind} of project ${due.project_id}: ${copying.reason}`;
    const { project_id: projectId, kind, source_url: url } = due;
    log.warn('project_files.not_copied', {
      projectId,
      kind,
      url: withoutQuery(url),
      reason: copying.reason,
      failures,
    });
  }

  try {
    const [, removed, found] = await lease.write([
      ...pictureSourcesWrites(db, platformFiles.origins, startedAt),
      dueProjectFilesQuery(db, startedAt, PROJECT_FILES_PER_RUN),
    ]);
    report.written += removed?.results.length ?? 0;
    await pLimit(FILES_AT_ONCE).map((found?.results ?? []) as DueProjectFile[], async (due) => {
      if (isOver()) return;
      try {
        await copy(due);
      } catch (failure) {
        report.failure ??= failure;
      }
    });
  } catch (failure) {
    report.failure = failure;
  }
  return report;
}

const pauseSeconds = (failures: number) =>
  Math.min(PROJECT_FILE_RETRY_SECONDS * 2 ** Math.max(0, failures - 1), PROJECT_FILE_RETRY_MAX_SECONDS);

/** A query may have a signature that opens the file. */
const withoutQuery = (url: string) => url.replace(/[?#].*$/s, '');
