import type { Keyed } from '../storage/d1/keyset.ts';
import {
  countProjects,
  type ProjectFilter,
  type ProjectPageQuery,
  type ProjectRow,
  projectCategories,
  projectPage,
  projectsByKey,
  searchProjects,
  trendingProjects,
} from '../storage/d1/projects.ts';
import { loaderOf } from './batching.ts';

export interface ProjectLoader {
  byId(id: string): Promise<ProjectRow | null>;
  bySlug(slug: string): Promise<ProjectRow | null>;
  /** Of several projects with one symbol, the live one with the greatest market cap. */
  bySymbol(symbol: string): Promise<ProjectRow | null>;
  page(query: ProjectPageQuery): Promise<Keyed<ProjectRow>[]>;
  count(filter: ProjectFilter): Promise<number>;
  trending(category: string | undefined, limit: number): Promise<ProjectRow[]>;
  search(text: string, limit: number): Promise<ProjectRow[]>;
  categories(): Promise<{ name: string; project_count: number }[]>;
}

/** One set a request. Rows that a list brought along answer later look-ups by id. */
export function createProjectLoader(db: D1Database): ProjectLoader {
  const byId = loaderOf((ids: readonly string[]) => projectsByKey(db, 'id', ids));
  const bySlug = loaderOf((slugs: readonly string[]) => projectsByKey(db, 'slug', slugs));
  const bySymbol = loaderOf((symbols: readonly string[]) => projectsByKey(db, 'symbol', symbols));
  const primed = <Row extends ProjectRow>(rows: Row[]): Row[] => {
    for (const row of rows) byId.prime(row.id, row);
    return rows;
  };
  return {
    byId: (id) => byId.load(id),
    bySlug: (slug) => bySlug.load(slug),
    bySymbol: (symbol) => bySymbol.load(symbol.toUpperCase()),
    page: async (query) => primed(await projectPage(db, query)),
    count: (filter) => countProjects(db, filter),
    trending: async (category, limit) => primed(await trendingProjects(db, category, limit)),
    search: async (text, limit) => primed(await searchProjects(db, text, limit)),
    categories: () => projectCategories(db),
  };
}
