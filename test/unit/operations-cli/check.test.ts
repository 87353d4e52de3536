import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSchema } from 'graphql';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { findBreaks, schemaChanges } from '../../../scripts/operations/find-breaks.ts';
import { readManifestPath } from '../../../scripts/operations/read-manifest-path.ts';
import { runOperations } from '../../support/run-operations.ts';

const root = new URL('../../../', import.meta.url).pathname;
const schemaFile = `${root}schema/schema.graphql`;
const sdl = readFileSync(schemaFile, 'utf8');
/** What the fixtures' apps were generated against. */
const contract = buildSchema(readFileSync(`${root}test/contracts/schema.graphql`, 'utf8'));

const FIXTURES = [
  { client: 'web', version: '1.4.0', manifest: 'apollo-web.json', count: 700 },
  { client: 'web', version: '1.3.0', manifest: 'codegen-sha256.json', count: 20 },
  { client: 'ios', version: '5.2.0', manifest: 'apollo-ios.json', count: 5_000 },
  { client: 'ios', version: '4.9.0', manifest: 'apollo-ios-legacy.json', count: 5_000 },
  { client: 'android', version: '3.0.0', manifest: 'cosmo.json', count: 90 },
  { client: 'partner', version: '1.0.0', manifest: 'relay.json', count: 1 },
];

const released = FIXTURES.flatMap(({ client, version, manifest, count }) =>
  readManifestPath(`${root}test/clients/manifests/${manifest}`).map(({ id, name, document }) => ({
    id,
    name,
    document,
    count,
    releases: [{ client, version }],
  })),
);

/** As it would be with one change. Throws where the change finds nothing to change. */
function changedSdl(from: string | RegExp, to: string, text = sdl): string {
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`the schema has no ${from}`);
  return changed;
}
const changed = (from: string | RegExp, to: string) => buildSchema(changedSdl(from, to));

const breaksWith = (from: string | RegExp, to: string) =>
  findBreaks(released, buildSchema(sdl), changed(from, to));

describe('the releases in the project', () => {
  it('are not broken by its schema', () => {
    expect(findBreaks(released, contract, buildSchema(sdl))).toEqual([]);
  });
});

/** Inside the type that begins with `opening`. */
const within = (opening: string, line: string) => new RegExp(`(^${opening}[^}]*?)^  ${line}`, 'm');

describe('a break names its operation and the releases that carry it', () => {
  it('for a field that is gone', () => {
    const broken = breaksWith(within('type IdoPool ', 'participantCount: Int!'), '$1  crowd: Int!');
    expect(broken.map(({ name }) => name)).toContain('PoolList');
    const ofIos = broken.find(
      ({ name, releases }) => name === 'PoolList' && releases[0]?.version === '5.2.0',
    );
    expect(ofIos?.releases).toEqual([{ client: 'ios', version: '5.2.0' }]);
    expect(ofIos?.breaks).toEqual([
      { kind: 'DOCUMENT', message: 'Cannot query field "participantCount" on type "IdoPool".' },
    ]);
  });

  it('for a field that may become null', () => {
    const broken = breaksWith(within('type IdoPool ', 'participantCount: Int!'), '$1  participantCount: Int');
    const list = broken.find(({ name }) => name === 'PoolList');
    expect(list?.releases).toMatchObject([{ client: 'ios' }]);
    expect(list?.breaks).toEqual([
      {
        kind: 'ANSWER',
        message: 'IdoPool.participantCount was Int! and becomes Int: the app does not expect null',
      },
    ]);
    expect(broken.map(({ name }) => name)).not.toContain('CandleChart');
  });

  it('for a list item that may become null', () => {
    const broken = breaksWith(
      within('type ProjectConnection ', 'nodes: \\[Project!\\]!'),
      '$1  nodes: [Project]!',
    );
    expect(broken.map(({ name }) => name)).toEqual(Array(5).fill('MarketList'));
  });

  it('for a field of another type', () => {
    const broken = breaksWith(
      within('type IdoPool ', 'participantCount: Int!'),
      '$1  participantCount: String!',
    );
    expect(broken[0]?.breaks[0]?.message).toMatch(/was Int! and becomes String!: the app expects Int/);
  });

  const withDefault = {
    id: 'chart',
    name: 'Chart',
    document:
      'query Chart($interval: CandleInterval = HOUR) { candles(symbol: "BTC", interval: $interval) { open } }',
    count: 3,
    releases: [{ client: 'android', version: '2.0.0' }],
  };
  const withoutHour = () =>
    buildSchema(
      changedSdl(
        /interval: CandleInterval = HOUR/g,
        'interval: CandleInterval = DAY',
        changedSdl(within('enum CandleInterval ', '"""One hour."""\n  HOUR\n'), '$1'),
      ),
    );

  it("for an enum value that is gone and stands in a variable's default", () => {
    const [broken] = findBreaks([withDefault], buildSchema(sdl), withoutHour());
    expect(broken).toMatchObject({ name: 'Chart', releases: [{ client: 'android', version: '2.0.0' }] });
    expect(broken?.breaks).toContainEqual({
      kind: 'DOCUMENT',
      message: 'Value "HOUR" does not exist in "CandleInterval" enum.',
    });
  });

  it('for an enum value that is gone and that an app may send', () => {
    const broken = findBreaks(released, buildSchema(sdl), withoutHour());
    expect(new Set(broken.map(({ name }) => name))).toEqual(new Set(['CandleChart']));
    expect(broken[0]?.breaks).toEqual([
      {
        kind: 'VARIABLES',
        message: '$interval: CandleInterval.HOUR is gone, and the app may send it',
      },
    ]);
  });

  it('for an argument that is required now', () => {
    const broken = breaksWith(/trendingProjects\(/, 'trendingProjects(audience: String!, ');
    expect(new Set(broken.map(({ name }) => name))).toEqual(new Set(['Trending', 'marketTileQuery']));
    expect(broken.at(-1)).toMatchObject({
      name: 'marketTileQuery',
      releases: [{ client: 'partner', version: '1.0.0' }],
      breaks: [{ kind: 'DOCUMENT', message: expect.stringMatching(/audience.* is required/) }],
    });
  });

  it('for an input field that is required now, or gone, or takes no null any more', () => {
    const names = (broken: ReturnType<typeof breaksWith>) => new Set(broken.map(({ name }) => name));
    const required = breaksWith(/^input ProjectFilter \{/m, 'input ProjectFilter {\n  region: String!');
    expect(names(required)).toEqual(new Set(['MarketList']));
    expect(required[0]?.breaks[0]?.message).toContain('ProjectFilter.region is required');
    const gone = breaksWith(within('input ProjectFilter ', 'category: String\n'), '$1  other: String\n');
    expect(gone[0]?.breaks[0]?.message).toContain('ProjectFilter.category is gone');
    const strict = breaksWith(
      within('input ProjectFilter ', 'category: String\n'),
      '$1  category: String!\n',
    );
    expect(strict[0]?.breaks[0]?.message).toContain('the app may leave it out');
  });

  it('for a type that is gone', () => {
    const broken = findBreaks(
      [{ ...withDefault, document: 'query Chart { node(id: "1") { ... on IdoPool { name } } }' }],
      buildSchema(sdl),
      changed('type IdoPool implements Node', 'type IdoPool'),
    );
    expect(broken[0]?.breaks[0]?.kind).toBe('DOCUMENT');
  });

  it('and puts what is used most first', () => {
    const broken = breaksWith(/trendingProjects\(/, 'trendingProjects(audience: String!, ');
    const counts = broken.map(({ count }) => count);
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
    expect(counts[0]).toBe(5_000);
  });
});

describe('what only grows is no break:', () => {
  it.each([
    ['a field', within('type IdoPool ', 'participantCount: Int!'), '$1  participantCount: Int!\n  vip: Int'],
    ['an argument that may be left out', /trendingProjects\(/, 'trendingProjects(audience: String, '],
    [
      'an argument that is required and has a default',
      /trendingProjects\(/,
      'trendingProjects(audience: String! = "all", ',
    ],
    ['an enum value', 'enum CandleInterval {', 'enum CandleInterval {\n  MINUTE'],
    ['an input field', 'input ProjectFilter {', 'input ProjectFilter {\n  region: String'],
    ['a type', 'enum CandleInterval {', 'type New {\n  id: ID!\n}\n\nenum CandleInterval {'],
    [
      'a field that is never null any more',
      within('type IdoPool ', 'maxParticipants: Int\n'),
      '$1  maxParticipants: Int!\n',
    ],
    [
      'a field that is deprecated',
      within('type IdoPool ', 'participantCount: Int!'),
      '$1  participantCount: Int! @deprecated(reason: "x")',
    ],
  ])('%s', (_what, from, to) => {
    expect(breaksWith(from, to)).toEqual([]);
  });
});

describe('the other changes', () => {
  it('come with their level, the worst first', async () => {
    const next = changedSdl('enum CandleInterval {', 'enum CandleInterval {\n  MINUTE');
    const changes = await schemaChanges(
      buildSchema(sdl),
      buildSchema(
        changedSdl(within('type Candle ', 'open: Float!\n'), '$1  open: Float\n  trades: Int\n', next),
      ),
    );
    expect(changes.map(({ level }) => level)).toEqual(['breaking', 'dangerous', 'safe']);
  });
});

describe('`check`', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'com2000-check-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (name: string, text: string) => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const live = () => ['--operations', write('live.json', JSON.stringify({ operations: released }))];

  it('exits with 0 where nothing breaks, and asks no gateway', async () => {
    const { exitCode, out } = await runOperations(['check', schemaFile, '--from', schemaFile, ...live()]);
    expect(out).toContain(`None of ${released.length} live operations breaks.`);
    expect(exitCode).toBe(0);
  });

  it('exits with 1 on a break, and says which, whose and how much used', async () => {
    const next = write(
      'next.graphql',
      changedSdl(/trendingProjects\(/, 'trendingProjects(audience: String!, '),
    );
    const args = ['check', next, '--from', schemaFile, '--days', '7', ...live()];
    const { exitCode, out } = await runOperations(args);
    expect(exitCode).toBe(1);
    expect(out).toContain(`6 of ${released.length} live operations break`);
    expect(out).toMatch(
      /^Trending +sha256:[0-9a-f]{12} +5000 uses in 7 days\n {2}carried by ios 5.2.0\n {2}- /m,
    );
    expect(out).toMatch(/breaking +Argument 'audience: String!' .*added/);
    const asJson = await runOperations([...args, '--json']);
    expect(asJson.exitCode).toBe(1);
    expect(JSON.parse(asJson.out)).toMatchObject({ broken: { length: 6 }, days: 7 });
  });

  it('takes a commit for what runs now, and the last one by default', async () => {
    for (const from of [[], ['--from', 'HEAD']])
      expect((await runOperations(['check', ...from, ...live()])).exitCode).toBe(0);
  });

  it('refuses to compare a schema with itself where there is no last commit', async () => {
    vi.stubEnv('GIT_DIR', folder);
    const { exitCode, out, err } = await runOperations(['check', ...live()]);
    vi.unstubAllEnvs();
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).toContain('no git checkout here: name the schema that runs now with --from <file>');
  });

  it.each([
    ['no such schema', ['nowhere.graphql']],
    ['no schema', [write('none.graphql', 'type Query {')]],
    ['no such commit', ['--from', 'no-such-commit']],
    ['no live operations', ['--operations', write('none.json', '{}')]],
  ])('exits with 2 for %s', async (_what, more) => {
    const { exitCode, err } = await runOperations(['check', ...live(), ...more]);
    expect(exitCode).toBe(2);
    expect(err).toContain('See: npm run operations -- check --help');
  });
});
