import { beforeAll, expect, it } from 'vitest';
import { CRONS, startGateway, type TestGateway } from '../../support/gateway.ts';
import { createMarket } from '../../support/market.ts';

/** name, symbol, status, category, blockchain, tags, price, market cap, volume, change, listed, trending, description */
type Line = readonly [
  ...[name: string, symbol: string, status: string, category: string, chains: string[], tags: string[]],
  ...[price: number | null, cap: number | null, volume: number | null, change: number | null],
  ...[listed: number | null, trending: number | null, description: string | null],
];

const MARKET: Record<string, Line> = {
  // biome-ignore format: a table
  ant: ['Antler', 'ANT', 'live', 'DeFi', ['ethereum'], ['dao', 'zk'], 4, 400, 40, -1.5, 1_000, 2, 'Votes. 50% off; see "terms".'],
  // biome-ignore format: a table
  bee: ['beehive', 'BEE', 'live', 'DeFi', ['ethereum', 'base'], ['dao'], 2, 900, null, 3, 2_000, null, null],
  // biome-ignore format: a table
  cat: ['Çat Café', 'CAT', 'live', 'Meme', ['base'], ['fun', 'fun'], 0.5, 400, 90, 0, 2_000, 1, 'A café for cats 🐈‍⬛.'],
  // biome-ignore format: a table
  dog: ['Dog', 'DOG', 'live', 'Meme', [], [], null, null, 90, null, null, null, 'Not an ANT; a dog_with_a_bone'],
  // biome-ignore format: a table
  eel: ['Eel * Ink', 'EEL', 'live', 'Games', ['solana'], ['zk'], 8, 1_000, 10, 12, 500, 3, 'slippery'],
  // biome-ignore format: a table
  fox: ['ＦＯＸ', 'FOXY', 'live', 'Games', ['solana', 'base'], [], 1e-9, 5, 1, -99.9, 9_000, null, 'O\'Fox — cunning'],
  // biome-ignore format: a table
  gnu: ['GNU', 'ANTX', 'live', 'DeFi', ['ethereum'], ['libre'], 2, 400, 40, 3, null, 4, 'Grazes.\nNear the lake (deep)'],
  // biome-ignore format: a table
  hen: ['Hen AND Egg', 'HEN', 'paused', 'DeFi', ['base'], ['dao'], 3, 30, 3, null, 3_000, null, 'which was first'],
  // biome-ignore format: a table
  ibx: ['Ant Hill', 'HILL', 'upcoming', 'Games', ['base'], ['zk'], null, null, null, null, null, null, 'soon'],
  // biome-ignore format: a table
  jay: ['量子鳥', 'JAY', 'live', 'Privacy', ['solana'], ['zk', 'évolutif'], 6, 60, 6, 0, 600, null, '量子 birds'],
  // biome-ignore format: a table
  koi: ['ΘΕΣΣΑΛΟΝΙΚΗ', 'ΚΟΙ', 'live', 'Privacy', ['base'], ['fun'], 7, 70, 7, 7, 700, null, 'ΟΔΟΣ ψαριών'],
  // biome-ignore format: a table
  lynx: ['ant', 'LYNX', 'delisted', 'Meme', ['base'], ['dao'], 1, 2, 3, 4, 5, null, null],
  // biome-ignore format: a table
  mole: ['Straße', 'ANT', 'paused', 'Games', ['base'], ['zk'], 1, 9_999, 1, 1, 1, null, 'digs'],
};

/** The query's field and arguments, and the slugs that it answers in order. */
const EXPECTED: readonly (readonly [query: string, slugs: string])[] = [
  // Live ones by market cap unless asked otherwise: ties by id with the direction, what is missing last.
  ['projects', 'eel bee gnu cat ant koi jay fox dog'],
  ['projects(orderBy: { field: MARKET_CAP, direction: ASC })', 'fox jay koi ant cat gnu bee eel dog'],
  ['projects(orderBy: { field: NAME, direction: ASC })', 'ant bee dog eel fox gnu cat koi jay'],
  ['projects(orderBy: { field: NAME, direction: DESC })', 'jay koi cat gnu fox eel dog bee ant'],
  ['projects(orderBy: { field: CURRENT_PRICE, direction: ASC })', 'fox cat bee gnu ant jay koi eel dog'],
  ['projects(orderBy: { field: CURRENT_PRICE, direction: DESC })', 'eel koi jay ant gnu bee cat fox dog'],
  ['projects(orderBy: { field: VOLUME_24H, direction: DESC })', 'dog cat gnu ant eel koi jay fox bee'],
  ['projects(orderBy: { field: VOLUME_24H, direction: ASC })', 'fox jay koi eel ant gnu cat dog bee'],
  ['projects(orderBy: { field: PRICE_CHANGE_24H, direction: ASC })', 'fox ant cat jay bee gnu koi eel dog'],
  ['projects(orderBy: { field: PRICE_CHANGE_24H, direction: DESC })', 'eel koi gnu bee jay cat ant fox dog'],
  ['projects(orderBy: { field: LISTED_AT, direction: ASC })', 'eel jay koi ant bee cat fox dog gnu'],
  ['projects(orderBy: { field: LISTED_AT, direction: DESC })', 'fox cat bee ant koi jay eel gnu dog'],
  // Filters: all of them must hold.
  ['projects(filter: { status: PAUSED })', 'mole hen'],
  ['projects(filter: { status: UPCOMING })', 'ibx'],
  ['projects(filter: { category: "DeFi" })', 'bee gnu ant'],
  ['projects(filter: { category: "DeFi", status: PAUSED })', 'hen'],
  ['projects(filter: { blockchain: "base" })', 'bee cat koi fox'],
  ['projects(filter: { tag: "zk" }, first: 2)', 'eel ant'],
  ['projects(filter: { tag: "évolutif", blockchain: "solana", category: "Privacy" })', 'jay'],
  [
    'projects(filter: { tag: "fun", blockchain: "base" }, orderBy: { field: NAME, direction: DESC })',
    'koi cat',
  ],
  ['projects(filter: { search: "ant" })', 'gnu ant dog'],
  ['projects(filter: { search: "ANT", status: PAUSED })', 'mole'],
  ['projects(filter: { search: "an", category: "Meme" })', 'dog'],
  // Exact symbol (by market cap), exact name, symbol prefix, name prefix, the rest; of every status.
  ['searchProjects(query: "ant")', 'mole ant lynx gnu ibx dog'],
  ['searchProjects(query: "ANT", first: 3)', 'mole ant lynx'],
  ['searchProjects(query: "an")', 'mole ant gnu lynx ibx hen dog'],
  ['searchProjects(query: "fox")', 'fox'],
  ['searchProjects(query: "CAFÉ")', 'cat'],
  ['searchProjects(query: "cafe\u0301")', 'cat'],
  ['searchProjects(query: "ÇA")', 'cat'],
  ['searchProjects(query: "量子")', 'jay'],
  ['searchProjects(query: "量子鳥")', 'jay'],
  ['searchProjects(query: "ΘΕΣ")', 'koi'],
  ['searchProjects(query: "οδοσ")', 'koi'],
  ['searchProjects(query: "STRAẞE")', 'mole'],
  ['searchProjects(query: "🐈‍⬛.")', 'cat'],
  // What means something to a database or a search syntax is only text.
  ['searchProjects(query: "50%")', 'ant'],
  ['searchProjects(query: "%%")', ''],
  ['searchProjects(query: "g_w")', 'dog'],
  ['searchProjects(query: "__")', ''],
  ['searchProjects(query: " l * ")', 'eel'],
  ['searchProjects(query: "el *")', 'eel'],
  ['searchProjects(query: "sli*")', ''],
  ['searchProjects(query: "\\"terms\\"")', 'ant'],
  ['searchProjects(query: "e \\"t")', 'ant'],
  ['searchProjects(query: "o\'f")', 'fox'],
  ['searchProjects(query: "n AND e")', 'hen'],
  ['searchProjects(query: "hen OR dog")', ''],
  ['searchProjects(query: "NEAR the")', 'gnu'],
  ['searchProjects(query: "lake (")', 'gnu'],
  // Nothing is found across the border of two fields, nor where folding leaves nothing of the text.
  ['searchProjects(query: "doggy")', ''],
  ['searchProjects(query: "dogdog")', ''],
  ['searchProjects(query: "\\u0001\\u0002")', ''],
  ['projects(filter: { search: "\\u0001\\u0002" })', ''],
  ['trendingProjects', 'cat ant eel gnu'],
  ['trendingProjects(category: "DeFi")', 'ant gnu'],
];

let gateway: TestGateway;

beforeAll(async () => {
  const market = await createMarket({ projectCount: 0, poolCount: 0, investmentCount: 0 });
  gateway = startGateway(market);
  for (const [id, line] of Object.entries(MARKET)) {
    const [name, symbol, status, category, blockchain, tags, price, cap, volume, change, ...rest] = line;
    const [listing_date, trending_rank, description] = rest;
    const figures = { current_price: price, market_cap: cap, volume_24h: volume, price_change_24h: change };
    const text = { name, symbol, slug: id, status, category, blockchain, tags, description };
    await market.putProject(id, { ...text, ...figures, listing_date, trending_rank });
  }
  await gateway.scheduled(CRONS.projects);
});

it.each(EXPECTED)('%s answers: %s', async (field, slugs) => {
  const isPaged = field.startsWith('projects');
  const { data, errors } = await gateway.query<{ list: { slug: string }[] & { nodes: { slug: string }[] } }>(
    `{ list: ${field} { ${isPaged ? 'nodes { slug }' : 'slug'} } }`,
  );
  expect(errors).toBeUndefined();
  const found = isPaged ? data.list.nodes : data.list;
  expect(found.map(({ slug }) => slug).join(' ')).toBe(slugs);
});

it('counts the live projects of each category', async () => {
  const { data } = await gateway.query('{ projectCategories { name projectCount } }');
  expect(data.projectCategories).toEqual([
    { name: 'DeFi', projectCount: 3 },
    { name: 'Games', projectCount: 2 },
    { name: 'Meme', projectCount: 2 },
    { name: 'Privacy', projectCount: 2 },
  ]);
});
