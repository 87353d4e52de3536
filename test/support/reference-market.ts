/**
 * What lists and search ought to answer, from the contract's words and the upstream's records alone: no
 * database, no cleverness, nothing of the gateway's own. Every function answers ids.
 */
import type { PoolRecord, ProjectRecord } from './upstream/records.ts';

export type Direction = 'ASC' | 'DESC';
export type Order<Field extends string> = { field: Field; direction: Direction };
export type ProjectOrderField = keyof typeof PROJECT_KEYS;
export type PoolOrderField = keyof typeof POOL_KEYS;

export interface ProjectFilter {
  status?: string | null;
  category?: string | null;
  blockchain?: string | null;
  tag?: string | null;
  search?: string | null;
}

export interface PoolFilter {
  status?: string | null;
  type?: string | null;
  blockchain?: string | null;
  /** The upstream's id. */
  projectId?: string | null;
  projectSlug?: string | null;
}

type Key = string | number | null | undefined;

const PROJECT_KEYS = {
  NAME: (project: ProjectRecord): Key => fold(project.name),
  CURRENT_PRICE: (project: ProjectRecord): Key => project.current_price,
  MARKET_CAP: (project: ProjectRecord): Key => project.market_cap,
  VOLUME_24H: (project: ProjectRecord): Key => project.volume_24h,
  PRICE_CHANGE_24H: (project: ProjectRecord): Key => project.price_change_24h,
  LISTED_AT: (project: ProjectRecord): Key => project.listing_date,
};

const POOL_KEYS = {
  SALE_START: (pool: PoolRecord): Key => pool.sale_start,
  SALE_END: (pool: PoolRecord): Key => pool.sale_end,
  PROGRESS: (pool: PoolRecord): Key => (Number(pool.sold_tokens) / Number(pool.total_tokens)) * 100,
  TOTAL_RAISED: (pool: PoolRecord): Key => Number(pool.total_raised),
};

export const PROJECT_ORDER_FIELDS = Object.keys(PROJECT_KEYS) as ProjectOrderField[];
export const POOL_ORDER_FIELDS = Object.keys(POOL_KEYS) as PoolOrderField[];
export const DIRECTIONS: readonly Direction[] = ['ASC', 'DESC'];

const given = <Value>(value: Value | null | undefined): value is Value =>
  value !== null && value !== undefined;

export function listProjects(
  projects: readonly ProjectRecord[],
  filter: ProjectFilter,
  { field, direction }: Order<ProjectOrderField>,
): string[] {
  const { category, blockchain, tag, search } = filter;
  const status = filter.status ?? 'LIVE';
  return sorted(
    projects
      .filter((project) => project.status.toUpperCase() === status)
      .filter((project) => !given(category) || project.category === category)
      .filter((project) => !given(blockchain) || project.blockchain.includes(blockchain))
      .filter((project) => !given(tag) || project.tags.includes(tag))
      .filter((project) => !given(search) || contains(project, search)),
    PROJECT_KEYS[field],
    direction,
  );
}

export function searchProjects(projects: readonly ProjectRecord[], search: string): string[] {
  const text = fold(search).trim();
  const found = projects.filter((project) => contains(project, search));
  const ranks: ((project: ProjectRecord) => boolean)[] = [
    (project) => fold(project.symbol) === text,
    (project) => fold(project.name) === text,
    (project) => fold(project.symbol).startsWith(text),
    (project) => fold(project.name).startsWith(text),
    () => true,
  ];
  return ranks.flatMap((_, rank) => {
    const ofRank = found.filter((project) => ranks.findIndex((matches) => matches(project)) === rank);
    // By market cap, greatest first; ties by id, smallest first.
    return ofRank
      .sort((a, b) => compareMissingLast(a.market_cap, b.market_cap, -1) || compareText(a.id, b.id))
      .map((project) => project.id);
  });
}

export function trendingProjects(projects: readonly ProjectRecord[], category: string | null): string[] {
  return projects
    .filter((project) => project.status === 'live' && given(project.trending_rank))
    .filter((project) => category === null || project.category === category)
    .sort((a, b) => Number(a.trending_rank) - Number(b.trending_rank) || compareText(a.id, b.id))
    .map((project) => project.id);
}

export function categoryCounts(projects: readonly ProjectRecord[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { category, status } of projects) {
    if (status === 'live') counts[category] = (counts[category] ?? 0) + 1;
  }
  return counts;
}

/** @param projects those that a slug may mean */
export function listPools(
  pools: readonly PoolRecord[],
  filter: PoolFilter,
  { field, direction }: Order<PoolOrderField>,
  projects: readonly ProjectRecord[] = [],
): string[] {
  const { projectSlug } = filter;
  const idOfSlug = given(projectSlug)
    ? meantFirst(projects.filter(({ slug }) => slug === projectSlug))[0]?.id
    : null;
  return sorted(
    pools
      .filter((pool) => !given(filter.status) || pool.status.toUpperCase() === filter.status)
      .filter((pool) => !given(filter.type) || pool.pool_type.toUpperCase() === filter.type)
      .filter((pool) => !given(filter.blockchain) || pool.blockchain === filter.blockchain)
      .filter((pool) => !given(filter.projectId) || pool.project_id === filter.projectId)
      .filter((pool) => !given(projectSlug) || pool.project_id === idOfSlug),
    POOL_KEYS[field],
    direction,
  );
}

/** The order of projects with one slug: live ones by market cap, the greatest first, then others likewise. */
function meantFirst(projects: readonly ProjectRecord[]): ProjectRecord[] {
  return projects.toSorted(
    (a, b) =>
      Number(b.status === 'live') - Number(a.status === 'live') ||
      compareMissingLast(a.market_cap, b.market_cap, -1) ||
      compareText(a.id, b.id),
  );
}

function contains(project: ProjectRecord, search: string): boolean {
  const text = fold(search).trim();
  return [project.name, project.symbol, project.description ?? ''].some((part) => fold(part).includes(text));
}

/**
 * Letters that differ only in case are one letter, whichever way they are turned: ß is SS in upper case, sigma is
 * written ς at a word's end, and ı and İ are the i of Turkish. Characters of no width are nothing.
 */
function fold(text: string): string {
  const visible = text.normalize('NFKC').replace(/\p{Default_Ignorable_Code_Point}/gu, '');
  const letters = Array.from(visible.toLowerCase(), (letter) => letter.toUpperCase().toLowerCase()).join('');
  return letters.replaceAll('i\u0307', 'i').normalize('NFKC');
}

function sorted<Row extends { id: string }>(
  rows: readonly Row[],
  keyOf: (row: Row) => Key,
  direction: Direction,
): string[] {
  const sign = direction === 'ASC' ? 1 : -1;
  return rows
    .map((row) => ({ id: row.id, key: keyOf(row) }))
    .sort((a, b) => compareMissingLast(a.key, b.key, sign) || sign * compareText(a.id, b.id))
    .map((row) => row.id);
}

/** @param sign 1 for the smallest first, -1 for the greatest; what is missing comes last either way. */
function compareMissingLast(left: Key, right: Key, sign: 1 | -1): number {
  if (!given(left) || !given(right)) return Number(!given(left)) - Number(!given(right));
  if (typeof left === 'string' || typeof right === 'string')
    return sign * compareText(String(left), String(right));
  return sign * (left - right);
}

/** By code points; `<` compares UTF-16 units, which puts emoji before some Chinese compatibility characters. */
function compareText(left: string, right: string): number {
  const rightPoints = [...right];
  let index = 0;
  for (const character of left) {
    const other = rightPoints[index++];
    if (other === undefined) return 1;
    if (character !== other) return Number(character.codePointAt(0)) - Number(other.codePointAt(0));
  }
  return index - rightPoints.length;
}
