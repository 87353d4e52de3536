/**
 * Asks the main API each night for the documents and media of some projects, those that were asked for longest ago first. The job
 * `project-files` copies what changed.
 *
 * A file that upstream names no more goes, with its copy. If upstream's answer is in doubt, the known files stay.
 */
import pLimit from 'p-limit';
import { PROJECT_FILE_CHECKS_PER_RUN, PROJECT_MEDIA_MAX } from '../config.ts';
import { writtenRows } from '../storage/d1/columns.ts';
import {
  type NamedProjectFile,
  type NamedProjectFiles,
  namedFilesWrites,
  uncheckedProjectsQuery,
} from '../storage/d1/project-files.ts';
import { sha256Hex } from '../storage/sha256-hex.ts';
import type { NamedFiles } from '../upstream/main-api.ts';
import type { RefusedValue } from '../upstream/parse-records.ts';
import {
  errorText,
  everyNight,
  type JobDefinition,
  type JobDeps,
  type JobReport,
  type JobRun,
  logRefused,
  nothingDone,
} from './job.ts';

const JOB = 'project-documents';
/** The platform allows 6 connections. */
const CHECKS_AT_ONCE = 6;
/** Their files, with the longest URLs that are taken, fit into one value of D1. */
const CHECKS_PER_WRITE = 10;
const FAILURES_IN_A_ROW_MAX = 12;
/** 64 bits: no two files of a project share them. */
const NAME_CHARACTERS = 16;

export const projectDocumentsJob: JobDefinition = {
  name: JOB,
  schedule: everyNight,
  leaseSeconds: 300,
  cacheTag: 'projects',
  run: checkProjects,
};

async function checkProjects(
  { db, mainApi, platformFiles }: JobDeps,
  { startedAt, lease }: JobRun,
): Promise<JobReport> {
  const report: JobReport = nothingDone();
  const refused: RefusedValue[] = [];
  let failuresInARow = 0;

  async function check(projectId: string): Promise<NamedProjectFiles | null> {
    if (failuresInARow >= FAILURES_IN_A_ROW_MAX) return null;
    await lease.keep();
    const index = report.read;
    report.read += 1;
    try {
      const named = await mainApi.projectFiles(projectId);
      failuresInARow = 0;
      refused.push(...(named?.reasons ?? []).map((reason) => ({ index, id: projectId, reason })));
      return { projectId, ...(await filesOf(named)) };
    } catch (error) {
      failuresInARow += 1;
      report.skipped += 1;
      report.firstError ??= errorText(error);
      // It waits for its next turn: projects that always fail must not keep the others waiting.
      return { projectId, files: [], isWhole: false };
    }
  }

  try {
    const [found] = await lease.write([uncheckedProjectsQuery(db, PROJECT_FILE_CHECKS_PER_RUN)]);
    const ids = ((found?.results ?? []) as { project_id: string }[]).map(({ project_id: id }) => id);
    for (let start = 0; start < ids.length; start += CHECKS_PER_WRITE) {
      const chunk = ids.slice(start, start + CHECKS_PER_WRITE);
      const checked = await pLimit(CHECKS_AT_ONCE).map(chunk, check);
      const named = checked.filter((each) => each !== null);
      if (named.length === 0) break;
      const results = await lease.write(namedFilesWrites(db, named, platformFiles.origins, startedAt));
      report.written += writtenRows(results);
    }
  } catch (failure) {
    report.failure = failure;
  }
  logRefused(JOB, refused);
  return report;
}

async function filesOf(named: NamedFiles | null): Promise<Omit<NamedProjectFiles, 'projectId'>> {
  if (named === null) return { files: [], isWhole: false };
  const { documents = [], media = [] } = named.files;
  const byName = new Map<string, NamedProjectFile>();
  for (const { kind, url, updated_at: updatedAt } of documents) {
    const other = byName.get(kind);
    if (other === undefined || other.updatedAt < updatedAt)
      byName.set(kind, { name: kind, kind, url, updatedAt });
  }
  for (const { kind, url, updated_at: updatedAt } of media.slice(0, PROJECT_MEDIA_MAX)) {
    const name = await sha256Hex(url, NAME_CHARACTERS);
    byName.set(name, { name, kind, url, updatedAt });
  }
  return { files: [...byName.values()], isWhole: named.reasons.length === 0 };
}
