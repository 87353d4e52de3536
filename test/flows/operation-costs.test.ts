import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import restManifest from '../../operations/rest/manifest.json' with { type: 'json' };
import { encodeGlobalId, localId } from '../../schema/global-ids.ts';
import { type RoomKey, roomKey } from '../../src/chat/room-key.ts';
import { roomsOf } from '../../src/chat/rooms.ts';
import { addCalls, noCalls } from '../../src/observability/call-counts.ts';
import { ROUTE_PREFIX } from '../../src/observability/request-metrics.ts';
import { readFlushes } from '../../src/storage/d1/flushes.ts';
import { register } from '../support/accounts.ts';
import { ADMIN_KEY, adminOf } from '../support/admin.ts';
import { CRONS, startGateway, syncAll, type TestGateway } from '../support/gateway.ts';
import { insertInvestments } from '../support/investors.ts';
import { createMarket, type TestMarket } from '../support/market.ts';
import { ANYTHING, restVariables } from '../support/rest-variables.ts';
import { insertAttachments } from '../support/uploaded-files.ts';

/** What one run of an operation on a cold isolate asked for. */
interface Cost {
  d1Calls: number;
  kvReads: number;
  kvWrites: number;
  durableObjectCalls: number;
  upstreamCalls: number;
  d1RowsRead: number;
}

/** Nothing in their variables sizes a list. */
const OF_ONE_SIZE = [
  ...['InvestScreen', 'ProjectFiles', 'Viewer', 'ViewerSessions'],
  ...['RestIdoPool', 'RestPrice', 'RestProfile', 'RestProject'],
];
const FEW = 5;
const MANY = 100;
/** The last one that has items of every list here. */
const DEEP_PAGE = MANY / FEW;

async function costOf(
  gateway: TestGateway,
  market: TestMarket,
  documentId: string,
  variables: Record<string, unknown>,
  authorization: string,
): Promise<{ cost: Cost; data: unknown }> {
  await env.DB.prepare('DELETE FROM usage_flush').run();
  gateway.coldIsolate();
  gateway.resetCounts();
  await market.resetCalls();
  const answer = await gateway.post({ documentId, variables }, { authorization });
  expect(answer.errors, JSON.stringify(answer.errors)).toBeUndefined();
  const { d1Calls, kvReads, kvWrites, durableObjectCalls, d1RowsRead } = gateway.counts;
  const upstreamCalls = (await market.calls()).total;
  await expectWritten(gateway, upstreamCalls);
  return {
    data: answer.data,
    cost: { d1Calls, kvReads, kvWrites, durableObjectCalls, upstreamCalls, d1RowsRead },
  };
}

/** The isolate's own counts, as it writes them to D1, are those of its bindings. */
async function expectWritten(gateway: TestGateway, upstreamCalls: number): Promise<void> {
  const { d1Statements, d1RowsRead, d1RowsWritten, kvKeysRead, kvWrites, durableObjectCalls } =
    gateway.counts;
  // A request for metrics writes those of its isolate before it answers; the first one gives the second a count to write.
  for (let asked = 0; asked < 2; asked += 1) await adminOf(gateway).get('/metrics');
  const written = noCalls();
  for (const { requests } of await readFlushes(env.DB, 0, 10))
    for (const { operationId, calls } of requests) {
      if (!operationId.startsWith(ROUTE_PREFIX)) addCalls(written, calls);
    }
  expect(written).toEqual({
    ...noCalls(),
    d1Queries: d1Statements,
    d1RowsRead,
    d1RowsWritten,
    kvReads: kvKeysRead,
    kvWrites,
    objectCalls: durableObjectCalls,
    upstreamCalls,
  });
}

/** So many that everybody sees, and as many that are held back. */
async function postMessages(key: RoomKey, userId: string, count: number): Promise<void> {
  const room = roomsOf(env.REALTIME_CHAT).of(key);
  const seen = { avatarUrl: null, role: 'member', isModerator: false, isYoung: false } as const;
  for (let number = 0; number < 2 * count; number += 1) {
    const message = await room.post({
      author: { id: userId, displayName: 'Ann', ...seen },
      ...{ text: `Message ${number}`, links: [], replyTo: null, clientMutationId: `message-${number}` },
      ...{ holdReason: number < count ? null : 'A test', refusal: null },
    });
    expect(message).toMatchObject({ text: `Message ${number}` });
  }
}

/** How many list items an answer holds, at every depth. */
function itemsIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? value.length : 0;
  return Object.values(value).reduce((total: number, inner) => total + itemsIn(inner), own);
}

/** How many items the first page in an answer has. */
function pageItemsIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const { nodes } = value as { nodes?: unknown };
  return Array.isArray(nodes) ? nodes.length : Math.max(0, ...Object.values(value).map(pageItemsIn));
}

it('costs as many calls for a hundred items as for five, as the table says', async () => {
  const market = await createMarket({ projectCount: 150, poolCount: 0 });
  const { projects } = await market.records();
  const [owner] = projects;
  if (owner === undefined) throw new Error('the market has no projects');
  const { pools } = await (await createMarket({ projectCount: 150, poolCount: 1 })).records();
  for (let number = 0; number < MANY + 20; number += 1) {
    const id = `pool_of_one_${number}`;
    await market.putPool(id, {
      ...pools[0],
      id,
      project_id: number < MANY + 5 ? owner.id : projects[number]?.id,
    });
  }
  for (let number = 0; number < MANY; number += 1) {
    const id = `pool_of_each_${number}`;
    await market.putPool(id, { ...pools[0], id, project_id: projects[number]?.id });
  }
  for (const [position, project] of projects.entries()) {
    await market.patchProject(project.id, { trending_rank: position + 1, trending_score: 200 - position });
  }
  const gateway = startGateway(market, { ADMIN_KEY });
  await syncAll(gateway);
  expect(gateway.counts.durableObjectCalls, 'the jobs call the feeds').toBeGreaterThan(0);
  await gateway.scheduled(CRONS.nightly);

  const symbols = projects.map((project) => project.symbol);
  const variablesOf: Record<string, (items: number) => Record<string, unknown>> = {
    MarketList: (first) => ({ first }),
    Trending: (first) => ({ first }),
    // Every generated name or description has an "a".
    Search: (first) => ({ query: 'the', first }),
    ProjectPage: (pools) => ({ by: { slug: owner.slug }, pools }),
    ProjectFiles: (items) => ({ by: { slug: projects[items]?.slug } }),
    // Ten symbols are all that one comparison takes.
    PriceCompare: (items) => ({ symbols: symbols.slice(0, Math.min(items, 10)) }),
    CandleChart: (hours) => ({
      symbol: 'BTC',
      from: new Date((market.startAt - hours * 3600) * 1000).toISOString(),
    }),
    WatchlistPrices: (items) => ({ symbols: symbols.slice(0, items) }),
    Viewer: () => ({}),
    // As of a portfolio.
    MyFiles: () => ({}),
    ViewerSessions: () => ({}),
    PoolList: (first) => ({ first }),
    InvestScreen: () => ({ id: encodeGlobalId('IdoPool', 'pool_of_one_0') }),
    // Its size is that of what the viewer has.
    Portfolio: () => ({}),
    MyInvestments: (first) => ({ first }),
    MyTransactions: (first) => ({ first }),
    ChatRoomPage: (first) => ({ of: { projectId: encodeGlobalId('Project', owner.id) }, first }),
    // As of a portfolio.
    ChatViewer: () => ({ of: { projectId: encodeGlobalId('Project', owner.id) } }),
    PoolPage: (otherPools) => ({ id: encodeGlobalId('IdoPool', 'pool_of_one_0'), otherPools }),
  };
  const slugs = projects.map(({ slug }) => slug);
  const asked = { ...ANYTHING, slugs, symbols, poolId: 'pool_of_one_0' };
  for (const { name } of restManifest.operations.filter(({ kind }) => kind === 'query'))
    variablesOf[name] = (items) => restVariables(name, asked, items);

  const registered = async (name: string) => {
    const { accessToken, viewer } = await register(gateway, `${name}@example.com`);
    return { id: localId('User', viewer.id) ?? '', authorization: `Bearer ${accessToken}` };
  };
  // To find the end of a user's rows, SQLite reads the first row of the next user, if there is one.
  const [first, second] = [await registered('one'), await registered('another')].toSorted((a, b) =>
    a.id < b.id ? -1 : 1,
  );
  const investorIn = async (poolCount: number, investor: typeof first) => {
    if (investor === undefined) throw new Error('nobody has registered');
    await insertInvestments(
      ...Array.from({ length: poolCount }, (_, number) => ({
        ...{ id: `of-${poolCount}-${number}`, user_id: investor.id },
        ...{ pool_id: `pool_of_each_${number}`, invested_at: number },
      })),
    );
    const fileIds = Array.from({ length: poolCount }, (_, number) => `file-${number}-of-${poolCount}`);
    await insertAttachments(investor.id, ...fileIds);
    await postMessages(roomKey('project', owner.id), investor.id, poolCount);
    return investor.authorization;
  };
  const [inFew, inMany] = [await investorIn(FEW, first), await investorIn(MANY, second)];
  /** A copy of the session in KV would spare the second run a call. */
  const forgetCopies = async () => {
    for (const { name } of (await env.SESSIONS_KV.list()).keys) await env.SESSIONS_KV.delete(name);
  };

  /** A cold isolate is not an empty table: what one run kept would spare the next a call. */
  const costOnceOf = async (...asked: [id: string, variables: Record<string, unknown>, investor: string]) => {
    const measured = await costOf(gateway, market, ...asked);
    await forgetCopies();
    await gateway.forgetDetails();
    return measured;
  };

  const rows: string[] = [];
  const pageRows: string[] = [];
  const operations = [...manifest.operations, ...restManifest.operations];
  for (const { id, name, document } of operations.filter(({ kind }) => kind === 'query')) {
    const variables = variablesOf[name];
    if (variables === undefined) throw new Error(`${name} has no variables here: add them, and its row`);
    const few = await costOnceOf(id, variables(FEW), inFew);
    const many = await costOnceOf(id, variables(MANY), inMany);
    const { d1RowsRead: rowsFew, ...callsFew } = few.cost;
    const { d1RowsRead: rowsMany, ...callsMany } = many.cost;
    expect(callsMany, name).toEqual(callsFew);
    if (!OF_ONE_SIZE.includes(name))
      expect(itemsIn(many.data), `${name} returns more`).toBeGreaterThan(itemsIn(few.data));
    rows.push(`| ${[name, ...Object.values(callsFew), rowsFew, rowsMany].join(' | ')} |`);
    if (!document.includes('$offset')) continue;
    const firstPage = await costOnceOf(id, { ...variables(FEW), offset: 0 }, inMany);
    const deepPage = await costOnceOf(id, { ...variables(FEW), offset: MANY - FEW }, inMany);
    const { d1RowsRead: rowsFirst, ...callsFirst } = firstPage.cost;
    const { d1RowsRead: rowsDeep, ...callsDeep } = deepPage.cost;
    expect(callsDeep, `${name}, page ${DEEP_PAGE}`).toEqual(callsFirst);
    expect(pageItemsIn(deepPage.data), `page ${DEEP_PAGE} of ${name}`).toBe(FEW);
    pageRows.push(`| ${name}, by page | ${rowsFirst} | ${rowsDeep} |`);
  }
  const table = [
    '# What each operation costs on a cold isolate',
    '',
    `Calls are the same for lists of ${FEW} and of ${MANY} items; rows are what D1 says it read.`,
    'Checked by `test/flows/operation-costs.test.ts`; `npx vitest run --project flows operation-costs -u` writes it anew.',
    '',
    `| operation | D1 calls | KV reads | KV writes | Durable Object calls | upstream calls | rows read, ${FEW} items | rows read, ${MANY} items |`,
    '|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
    `A page by \`offset\` costs the rows before it, and no more calls. Of pages of ${FEW} items:`,
    '',
    `| operation | rows read, page 1 | rows read, page ${DEEP_PAGE} |`,
    '|---|---|---|',
    ...pageRows,
    '',
  ].join('\n');
  await expect(table).toMatchFileSnapshot('../../operations/COSTS.md');
});
