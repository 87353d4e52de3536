/** Pages of the gateway's lists, several in one request, as the ids the upstream knows the items by. */
import { expect } from 'vitest';
import type { TestGateway } from './gateway.ts';

const ARGUMENT_TYPES = {
  projects: {
    filter: 'ProjectFilter',
    orderBy: 'ProjectOrder',
    first: 'Int',
    after: 'String',
    offset: 'Int',
  },
  idoPools: {
    filter: 'IdoPoolFilter',
    orderBy: 'IdoPoolOrder',
    first: 'Int',
    after: 'String',
    offset: 'Int',
  },
  searchProjects: { query: 'String!', first: 'Int' },
  trendingProjects: { category: 'String', first: 'Int' },
} as const;

export interface ListRequest {
  list: keyof typeof ARGUMENT_TYPES;
  /** By argument; what is left out here is left out of the document too. */
  args: Record<string, unknown>;
  withTotalCount?: boolean;
}

export interface ListPage {
  ids: string[];
  cursors: string[];
  endCursor: string | null;
  hasNextPage: boolean;
  totalCount: number | undefined;
}

interface Connection {
  edges: { cursor: string; node: { id: string } }[];
  pageInfo: { endCursor: string | null; hasNextPage: boolean };
  totalCount?: number;
}

export const globalProjectId = (id: string) => globalId('Project', id);

function globalId(type: string, id: string): string {
  return btoa(`${type}:${id}`).replaceAll('=', '').replaceAll('+', '-').replaceAll('/', '_');
}

export function upstreamId(id: string): string {
  const text = atob(id.replaceAll('-', '+').replaceAll('_', '/'));
  return text.slice(text.indexOf(':') + 1);
}

/** Twelve pages of a hundred items are what one operation may cost. */
const PAGES_PER_OPERATION = 12;

/** In as few operations as the limits allow; every error is a failure. */
export async function readPages(gateway: TestGateway, requests: readonly ListRequest[]): Promise<ListPage[]> {
  const pages: ListPage[] = [];
  for (let at = 0; at < requests.length; at += PAGES_PER_OPERATION) {
    pages.push(...(await readTogether(gateway, requests.slice(at, at + PAGES_PER_OPERATION))));
  }
  return pages;
}

async function readTogether(gateway: TestGateway, requests: readonly ListRequest[]): Promise<ListPage[]> {
  const declared: string[] = [];
  const variables: Record<string, unknown> = {};
  const fields = requests.map(({ list, args, withTotalCount }, index) => {
    const passed = Object.entries(args).map(([name, value]) => {
      const types: Record<string, string> = ARGUMENT_TYPES[list];
      declared.push(`$${name}${index}: ${types[name]}`);
      variables[`${name}${index}`] = value;
      return `${name}: $${name}${index}`;
    });
    const call = `list${index}: ${list}${passed.length > 0 ? `(${passed.join(', ')})` : ''}`;
    if (list === 'searchProjects' || list === 'trendingProjects') return `${call} { id }`;
    const page = 'edges { cursor node { id } } pageInfo { endCursor hasNextPage }';
    return `${call} { ${page} ${withTotalCount ? 'totalCount' : ''} }`;
  });
  const head = declared.length > 0 ? `query (${declared.join(', ')})` : '';
  const answer = await gateway.query<Record<string, Connection | { id: string }[]>>(
    `${head} { ${fields.join(' ')} }`,
    variables,
  );
  expect(answer.errors).toBeUndefined();
  return requests.map((_, index) => pageOf(answer.data[`list${index}`]));
}

function pageOf(answer: Connection | { id: string }[] | undefined): ListPage {
  if (answer === undefined) throw new Error('the list was not answered');
  if (Array.isArray(answer)) {
    const ids = answer.map(({ id }) => upstreamId(id));
    return { ids, cursors: [], endCursor: null, hasNextPage: false, totalCount: undefined };
  }
  const { edges, pageInfo, totalCount } = answer;
  return {
    ids: edges.map(({ node }) => upstreamId(node.id)),
    cursors: edges.map(({ cursor }) => cursor),
    ...pageInfo,
    totalCount,
  };
}

export async function readPage(gateway: TestGateway, request: ListRequest): Promise<ListPage> {
  const [page] = await readPages(gateway, [request]);
  if (page === undefined) throw new Error('the list was not answered');
  return page;
}

/** Follows every list from its first page to its last, as `walkPages` does; each as all its ids in order. */
export async function walkLists(
  ...[gateway, requests, betweenPages]: Parameters<typeof walkPages>
): Promise<string[][]> {
  const walks = await walkPages(gateway, requests, betweenPages);
  return walks.map((pages) => pages.flatMap(({ ids }) => ids));
}

/**
 * Follows every list from its first page to its last, side by side; each as all its pages in order.
 *
 * @param betweenPages runs after each page, before the next is read
 */
export async function walkPages(
  gateway: TestGateway,
  requests: readonly ListRequest[],
  betweenPages: () => Promise<void> = async () => undefined,
): Promise<ListPage[][]> {
  const walks = requests.map((request) => ({ request, pages: [] as ListPage[] }));
  for (let open = walks; open.length > 0; ) {
    const pages = await readPages(
      gateway,
      open.map(({ request }) => request),
    );
    open = open.flatMap((walk, index) => {
      const page = pages[index];
      if (page === undefined) throw new Error('the list was not answered');
      walk.pages.push(page);
      if (!page.hasNextPage) return [];
      walk.request = { ...walk.request, args: { ...walk.request.args, after: page.endCursor } };
      return [walk];
    });
    await betweenPages();
  }
  return walks.map(({ pages }) => pages);
}
