import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMainApi } from '../../../src/upstream/main-api.ts';
import { investmentJson, poolJson, projectJson } from './records.ts';
import { clientOptions, json, type ScriptedAnswer, scriptedFetch, status } from './scripted-fetch.ts';

const mainApi = (...answers: ScriptedAnswer[]) => createMainApi(clientOptions(scriptedFetch(...answers)));
const syncProjects = (...records: unknown[]) => mainApi(json(records)).syncProjects();
const syncPools = (...records: unknown[]) => mainApi(json(records)).syncPools();
const syncInvestments = (...records: unknown[]) => mainApi(json(records)).syncInvestments();

describe('a list of the main API', () => {
  test('is asked for since a time, or whole', async () => {
    const script = scriptedFetch(json([]), json([]), json([]));
    const api = createMainApi(clientOptions(script));
    await api.syncProjects();
    await api.syncPools(0);
    await api.syncInvestments(1_700_000_000);
    expect(script.requests.map(({ url }) => url)).toEqual([
      'https://upstream.example/internal/projects/sync',
      'https://upstream.example/internal/ido/pools/sync?since=0',
      'https://upstream.example/internal/ido/investments/sync?since=1700000000',
    ]);
  });

  test('gives null for fields that are null or absent, and drops fields it does not know', async () => {
    const { records, skipped } = await syncProjects(projectJson({ tagline: null, brand_new_field: 1 }));
    expect(skipped).toEqual([]);
    expect(records[0]).toMatchObject({
      tagline: null,
      description: null,
      social: null,
      market_cap_rank: null,
    });
    expect(records[0]).not.toHaveProperty('brand_new_field');
  });

  test.each([{ records: [] }, null, 'x', 7])('that is no list is refused whole: %j', async (answer) => {
    await expect(mainApi(json(answer)).syncProjects()).rejects.toMatchObject({ kind: 'malformed' });
  });

  test('loses exactly the records that are bad, and names them', async () => {
    const { records, skipped } = await syncProjects(
      projectJson({ id: 'a' }),
      projectJson({ id: 'b', status: 'abandoned' }),
      projectJson({ id: 'c' }),
      projectJson({ id: '' }),
      projectJson({ id: 42 }),
      'nothing like a project',
      null,
    );
    expect(records.map(({ id }) => id)).toEqual(['a', 'c']);
    expect(skipped.map(({ index, id }) => [index, id])).toEqual([
      [1, 'b'],
      [3, ''],
      [4, '42'],
      [5, undefined],
      [6, undefined],
    ]);
    expect(skipped[0]?.reason).toMatch(/^status: /);
  });

  test('loses exactly the bad records wherever they stand', async () => {
    const bad = fc.constantFrom<object>({ name: 7 }, { tags: 'defi' }, { updated_at: 1.5 }, { id: '' });
    const item = fc.option(bad, { freq: 2 });
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 12 }), async (changes) => {
        const sent = changes.map((change, index) => projectJson({ id: `p-${index}`, ...change }));
        const { records, skipped } = await syncProjects(...sent);
        const isGood = (_: unknown, index: number) => changes[index] === null;
        expect(records.map(({ id }) => id)).toEqual(sent.filter(isGood).map(({ id }) => id));
        expect(records.length + skipped.length).toBe(sent.length);
      }),
      { numRuns: 50 },
    );
  });

  test.each(['id', 'name', 'symbol', 'slug', 'status', 'category', 'tags', 'blockchain', 'updated_at'])(
    'skips a project without its %s',
    async (field) => {
      const { records } = await syncProjects({ ...projectJson(), [field]: undefined });
      expect(records).toEqual([]);
    },
  );

  test('refuses a time in milliseconds, which would freeze the record', async () => {
    expect((await syncProjects(projectJson({ updated_at: 1_700_000_000_000 }))).records).toEqual([]);
  });

  test('refuses a text that would outgrow what the database takes', async () => {
    const described = (characters: number) =>
      syncProjects(projectJson({ description: 'x'.repeat(characters) }));
    expect((await described(20_001)).records[0]?.description).toBeNull();
    expect((await described(20_000)).records[0]?.description).toHaveLength(20_000);
  });

  test('names every value that it refuses, and gives the rest of a record that it skips', async () => {
    const social = { twitter_followers: 2 ** 31, github_stars: 'many', reddit_subscribers: 7 };
    const { records, skipped, refused } = await syncProjects(
      projectJson({ id: 'a', tags: ['x', '', 7], social }),
      projectJson({ id: 'b', status: null, max_supply: '1', tagline: 'Good.' }),
    );
    expect(records).toMatchObject([
      { id: 'a', tags: ['x'], social: { twitter_followers: null, reddit_subscribers: 7 } },
    ]);
    expect(skipped).toMatchObject([
      { index: 1, id: 'b', reason: expect.stringMatching(/^status: /), rest: { id: 'b', tagline: 'Good.' } },
    ]);
    expect(skipped[0]?.rest).not.toHaveProperty('status');
    expect(refused?.map(({ id, reason }) => `${id} ${reason.split(': ')[0]}`)).toEqual([
      'a tags.1',
      'a tags.2',
      'a social.twitter_followers',
      'a social.github_stars',
      'b status',
      'b max_supply',
    ]);
  });

  test('cuts a list that is too long, and reports a list of bad items briefly', async () => {
    const tags = Array.from({ length: 1_000 }, (_, index) => `tag-${index}`);
    const long = await syncProjects(projectJson({ tags }));
    expect(long.records[0]?.tags).toEqual(tags.slice(0, 200));
    expect(long.refused?.map(({ reason }) => reason)).toEqual([expect.stringMatching(/^tags: /)]);
    const bad = await syncProjects(projectJson({ tags: tags.map(() => '') }));
    expect(bad.records[0]?.tags).toEqual([]);
    expect(bad.refused).toHaveLength(10);
  });

  test('repairs text that SQLite does not keep as it is', async () => {
    const { records } = await syncProjects(projectJson({ name: 'a\0b\ud800' }));
    expect(records[0]?.name).toBe('ab\ufffd');
  });
});

describe('an amount', () => {
  test.each(['0', '1', '1250.50', '.5', '5.', `${'9'.repeat(12)}.${'9'.repeat(18)}`, '9'.repeat(30)])(
    'may be %s',
    async (amount) => {
      const { records } = await syncPools(poolJson({ sold_tokens: amount }));
      expect(records[0]?.sold_tokens).toBe(amount);
    },
  );

  test.each([
    '',
    '.',
    '-1',
    '+1',
    '1e3',
    '1,5',
    ' 1',
    '1.2.3',
    '0x10',
    'NaN',
    `0.${'1'.repeat(19)}`,
    '9'.repeat(31),
    12,
    null,
  ])('may not be %j', async (amount) => {
    const { skipped } = await syncPools(poolJson({ sold_tokens: amount }));
    expect(skipped[0]?.reason).toMatch(/^sold_tokens: /);
  });

  test('takes every decimal within the contract, as given', async () => {
    const digits = (max: number) =>
      fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: max });
    await fc.assert(
      fc.asyncProperty(digits(12), digits(18), async (whole, fraction) => {
        const amount = `${whole.join('')}.${fraction.join('')}`;
        const { records } = await syncInvestments(investmentJson({ token_amount: amount }));
        expect(records[0]?.token_amount).toBe(amount);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the detail of a project', () => {
  const detail = { team: [{ name: 'Ada', role: 'CTO' }], roadmap: [], tokenomics: [] };

  test('is parsed, with nulls for what is absent', async () => {
    expect(await mainApi(json(detail)).projectDetail('p-1')).toEqual({ about: null, ...detail });
  });

  test('is asked for under an encoded id', async () => {
    const script = scriptedFetch(json(detail));
    await createMainApi(clientOptions(script)).projectDetail('a/../b?c');
    expect(script.requests[0]?.url).toBe('https://upstream.example/internal/projects/a%2F..%2Fb%3Fc/detail');
  });

  test('is null where the main API knows no such project', async () => {
    expect(await mainApi(status(404)).projectDetail('nope')).toBeNull();
  });

  test.each(['', '.', '..'])('is null without a call for %j, which would reach another route', async (id) => {
    expect(await mainApi().projectDetail(id)).toBeNull();
  });

  test('is refused where it has another shape', async () => {
    const answer = mainApi(json({ ...detail, team: 42 })).projectDetail('p-1');
    await expect(answer).rejects.toMatchObject({ kind: 'malformed', route: '/internal/projects/:id/detail' });
  });
});
