/** Arguments that people and their apps might send, drawn from what a market holds and from what it does not. */
import * as fc from 'fast-check';
import type { PoolFilter, ProjectFilter } from './reference-market.ts';
import type { PoolRecord, ProjectRecord } from './upstream/records.ts';

/** What a database, a search syntax or a case mapping might stumble over. */
const AWKWARD_SEARCHES = [
  ...[
    '%%',
    '100%',
    '__',
    'e_c',
    '_a',
    '""',
    '"q',
    '"quoted"',
    '**',
    'so*',
    '*ol',
    '??',
    "''",
    "o'h",
    "' OR 1=1 --",
  ],
  ...[
    'AND',
    'OR',
    'NOT',
    'sol AND nova',
    'sol OR nova',
    'NEAR(',
    'NEAR(sol nova)',
    'NEAR',
    '-sol',
    '- ',
    '--',
    '^sol',
  ],
  ...[
    'name:',
    'search_text:sol',
    '{name}',
    'a:b',
    '(sol)',
    '()',
    '((',
    'sol + nova',
    '+a',
    ';c',
    '; DROP',
    '\\s',
    '\\\\',
  ],
  ...[
    '🚀 ',
    '🐸🐸',
    ' 🚀',
    '🚀 R',
    '🌉.',
    '量子',
    '子链',
    '量子链',
    '日本円',
    'ｶ',
    'コイン',
    '김치',
    'ÉT',
    'e\u0301t',
    'ÃO',
  ],
  ...[
    'ß',
    'aß',
    'STRASSE',
    'straße',
    'STRAẞE',
    'İs',
    'i̇s',
    'is',
    'ıs',
    'ЗЕН',
    'зен',
    'عملة',
    'ø',
    'ØR',
    'ærl',
    'ﬁn',
    'ＢＴＣ',
  ],
  ...[
    '<b>',
    '</',
    '&amp;',
    ' & ',
    '. ',
    ', ',
    '  sol  ',
    's o',
    'null',
    'undefined',
    'true',
    '\u00a0sol',
    '\u200bsol',
    '$1',
    '?1',
  ],
];

const length = (text: string) => [...text.trim()].length;
const isSearch = (text: string) => length(text) >= 2 && length(text) <= 64;

const changesOfCase: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text.toUpperCase(),
  (text) => text.toLowerCase(),
  (text) => [...text].map((letter, at) => (at % 2 ? letter.toUpperCase() : letter.toLowerCase())).join(''),
];

export function searchTexts(projects: readonly ProjectRecord[]): fc.Arbitrary<string> {
  const texts = projects.flatMap(({ name, symbol, description }) =>
    [name, symbol, description ?? ''].filter((text) => length(text) >= 2),
  );
  const part = fc
    .record({
      text: fc.constantFrom(...texts),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      characters: fc.oneof(fc.constant(2), fc.constant(3), fc.integer({ min: 2, max: 64 })),
    })
    .map(({ text, at, characters }) => {
      const points = [...text];
      const begin = Math.floor(at * Math.max(0, points.length - characters + 1));
      return points.slice(begin, begin + characters).join('');
    });
  const whole = fc.constantFrom(...projects.flatMap(({ name, symbol }) => [name, symbol]));
  const stretched = fc.tuple(part, fc.constantFrom('x', '%', '*', '"', ' ')).map((parts) => parts.join(''));
  const known = fc
    .tuple(fc.oneof({ weight: 4, arbitrary: part }, whole, stretched), fc.constantFrom(...changesOfCase))
    .map(([text, change]) => change(text));
  const unknown = fc.string({ unit: 'grapheme', minLength: 2, maxLength: 8 });
  return fc
    .oneof(
      { weight: 6, arbitrary: known },
      { weight: 3, arbitrary: fc.constantFrom(...AWKWARD_SEARCHES) },
      { weight: 1, arbitrary: unknown },
    )
    .filter(isSearch);
}

/** What one project has in common with a filter, so that few lists are empty; now and then something strange. */
export function projectFilters(projects: readonly ProjectRecord[]): fc.Arbitrary<ProjectFilter> {
  const own = fc.constantFrom(...projects).chain((project) =>
    fc.record({
      status: fc.constant(project.status.toUpperCase()),
      category: fc.constant(project.category),
      blockchain: fc.constantFrom(...project.blockchain, ...(project.blockchain.length > 0 ? [] : ['base'])),
      tag: fc.constantFrom(...project.tags, ...(project.tags.length > 0 ? [] : ['zk'])),
      search: searchTexts([project]),
    }),
  );
  const strange = fc.record({
    status: fc.constantFrom('UPCOMING', 'LIVE', 'PAUSED', 'DELISTED'),
    category: fc.constantFrom('No Such Category', 'defi', ''),
    blockchain: fc.constantFrom('ETHEREUM', '%', ''),
    tag: fc.constantFrom('zk', '"', ''),
    search: searchTexts(projects),
  });
  return fc.oneof({ weight: 9, arbitrary: own }, strange);
}

export function poolFilters(
  pools: readonly PoolRecord[],
  projects: readonly ProjectRecord[],
): fc.Arbitrary<PoolFilter> {
  const slugs = new Map(projects.map(({ id, slug }) => [id, slug]));
  const own = fc.constantFrom(...pools).map((pool) => ({
    status: pool.status.toUpperCase(),
    type: pool.pool_type.toUpperCase(),
    blockchain: pool.blockchain,
    projectId: pool.project_id,
    projectSlug: slugs.get(pool.project_id) ?? '',
  }));
  const strange = fc.record({
    status: fc.constantFrom('UPCOMING', 'REGISTRATION', 'ACTIVE', 'COMPLETED', 'CANCELLED'),
    type: fc.constantFrom('PUBLIC', 'PRIVATE', 'WHITELIST'),
    blockchain: fc.constantFrom('Solana', '', 'bsc'),
    projectId: fc.constantFrom('prj_unknown', '%'),
    projectSlug: fc.constantFrom('no-such-project', '', 'BITCOIN'),
  });
  return fc.oneof({ weight: 9, arbitrary: own }, strange);
}

export const listSizes = fc.oneof(fc.constantFrom(1, 100), fc.integer({ min: 1, max: 100 }));

/** The same inputs whenever and wherever tests run. */
export const drawn = (numRuns: number) => ({ seed: 20_240_218, numRuns, verbose: true });
