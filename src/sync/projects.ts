import { log } from '../observability/log.ts';
import { foldOutdatedProjects } from '../storage/d1/outdated-foldings.ts';
import { foldedTexts } from '../storage/d1/project-search.ts';
import {
  type ProjectRow,
  type ProjectWriteRow,
  projectsByKey,
  projectWrites,
  type SocialRecord,
  symbolOwnersWrite,
} from '../storage/d1/projects.ts';
import type { ProjectRecord } from '../upstream/main-api-records.ts';
import { recordJobs } from './changed-records.ts';
import { everyFiveMinutes } from './job.ts';

export const projectJobs = recordJobs<ProjectRecord>({
  name: 'projects',
  schedule: everyFiveMinutes,
  cacheTag: 'projects',
  effects: [
    {
      failureEvent: 'sync.search_texts_not_folded',
      run: async ({ db }) => {
        const projects = await foldOutdatedProjects(db);
        if (projects > 0) log.info('sync.search_texts_folded', { projects });
      },
    },
  ],
  read: (mainApi, sinceSeconds) => mainApi.syncProjects(sinceSeconds),
  stored: async (db, ids) => {
    const rows = await projectsByKey(db, 'id', ids);
    return new Map(Array.from(rows, ([id, row]) => [id, recordOf(row)] as const));
  },
  writes: (db, records, nowSeconds) => {
    const writes = projectWrites(db, records.map(projectRow), nowSeconds);
    return writes.length === 0 ? [] : [...writes, symbolOwnersWrite(db)];
  },
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
    ...foldedTexts({ ...record, symbol }),
  };
}

function recordOf(row: ProjectRow): ProjectRecord {
  return {
    ...row,
    tags: JSON.parse(row.tags),
    blockchain: JSON.parse(row.blockchain),
    social: row.social === null ? null : { ...NO_COUNTS, ...JSON.parse(row.social) },
  };
}

const NO_COUNTS: Required<SocialRecord> = {
  twitter_followers: null,
  telegram_members: null,
  discord_members: null,
  github_stars: null,
  reddit_subscribers: null,
};

/** The same counts give the same text: known fields in one order, unknown ones left out. */
function socialJson(social: SocialRecord): string | null {
  const known = Object.entries(social)
    .filter(([, followers]) => followers !== null && followers !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  return known.length === 0 ? null : JSON.stringify(Object.fromEntries(known));
}
