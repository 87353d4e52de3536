import { foldText, projectSearchText } from '../storage/d1/project-search.ts';
import type { SocialRecord } from '../storage/d1/projects.ts';
import { type ProjectWriteRow, projectWrites } from '../storage/d1/projects.ts';
import type { ProjectRecord } from '../upstream/main-api-records.ts';
import { recordJobs } from './changed-records.ts';
import { everyFiveMinutes } from './job.ts';

export const projectJobs = recordJobs<ProjectRecord>({
  name: 'projects',
  schedule: everyFiveMinutes,
  cacheTag: 'projects',
  read: (mainApi, sinceSeconds) => mainApi.syncProjects(sinceSeconds),
  writes: (db, records, nowSeconds) => projectWrites(db, records.map(projectRow), nowSeconds),
});

/** A project as it is stored: its symbol in upper case, lists as JSON, and the columns for search and order. */
export function projectRow(record: ProjectRecord): ProjectWriteRow {
  const symbol = record.symbol.toUpperCase();
  return {
    ...record,
    symbol,
    tags: JSON.stringify(record.tags),
    blockchain: JSON.stringify(record.blockchain),
    social: record.social === null ? null : socialJson(record.social),
    name_folded: foldText(record.name),
    symbol_folded: foldText(symbol),
    search_text: projectSearchText({ ...record, symbol }),
  };
}

/** The same counts give the same text: known fields in one order, unknown ones left out. */
function socialJson(social: SocialRecord): string | null {
  const known = Object.entries(social)
    .filter(([, followers]) => followers !== null && followers !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  return known.length === 0 ? null : JSON.stringify(Object.fromEntries(known));
}
