import { foldText, projectSearchText } from '../storage/d1/project-search.ts';
import { type ProjectWriteRow, projectWrites, type SocialRecord } from '../storage/d1/projects.ts';
import type { MainApi } from '../upstream/main-api.ts';
import type { ProjectRecord } from '../upstream/main-api-records.ts';
import type { RecordSource } from './changed-records.ts';

/** A project as it is stored: its symbol in upper case, lists as JSON, and what search and order read. */
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

export const projectSource = (db: D1Database, mainApi: MainApi): RecordSource<ProjectRecord> => ({
  db,
  read: mainApi.syncProjects,
  writes: (records, nowSeconds) => projectWrites(db, records.map(projectRow), nowSeconds),
});
