/** A value that the schema cannot carry costs that value: the rest of its record and every other record are shown. */
import { describe, expect, test } from 'vitest';
import { CRONS } from '../../support/gateway.ts';
import {
  type Fields,
  globalId,
  LONG,
  lastRun,
  MILLISECONDS,
  refusedValues,
  shownAfter,
} from '../../support/refused-values.ts';
import { startServing } from '../../support/serving-bench.ts';

describe('a project', () => {
  const SHOWN = `status name slug symbol category tags blockchains description tagline logoUrl marketCapRank trendingRank
    trendingScore launchDate listedAt links { website twitter } social { twitterFollowers githubStars }
    market { currentPrice marketCap maxSupply }`;
  const QUERY = `{ node(id: "${globalId('Project', 'prj_bitcoin')}") { ... on Project { ${SHOWN} } } }`;
  const social = { twitter_followers: 5, github_stars: 2 ** 31 };
  const links = (website: string | null) => expect.objectContaining({ website });
  const market = (changes: Fields) => expect.objectContaining(changes);

  test.each<[string, Fields, Fields]>([
    ['a rank beyond 32 bits', { market_cap_rank: 2 ** 31 }, { marketCapRank: null }],
    ['a rank beyond 53 bits', { trending_rank: 2 ** 53 }, { trendingRank: null }],
    ['a rank that is no whole number', { trending_rank: 1.5 }, { trendingRank: null }],
    ['a score that is a text', { trending_score: 'NaN' }, { trendingScore: null }],
    ['one count beyond 32 bits', { social }, { social: { twitterFollowers: 5, githubStars: null } }],
    ['counts that are no object', { social: [7] }, { social: null }],
    ['a time in milliseconds', { launch_date: MILLISECONDS }, { launchDate: null }],
    ['a time in the year 275760', { listing_date: 8_640_000_000_000 }, { listedAt: null }],
    ['a time before 1970', { listing_date: -62_135_596_800 }, { listedAt: null }],
    ['a text that is too long', { description: LONG }, { description: null }],
    ['a text that is a number', { tagline: 7 }, { tagline: null }],
    ['a link that runs code', { website_url: 'javascript:alert(1)' }, { links: links(null) }],
    ['a link without a host', { website_url: 'example' }, { links: links(null) }],
    ['a link that is too long', { website_url: `https://a.example/${LONG}` }, { links: links(null) }],
    ['a negative amount', { max_supply: -1 }, { market: market({ maxSupply: null }) }],
    ['an amount that is a text', { current_price: '1' }, { market: market({ currentPrice: null }) }],
    [
      'empty and odd tags',
      { tags: ['', 'good', 7, null, LONG, '\u0000', 'fine'] },
      { tags: ['good', 'fine'] },
    ],
    ['nested lists of blockchains', { blockchain: [[], {}, 'one'] }, { blockchains: ['one'] }],
  ])('loses %s, and is paused all the same', async (_, fields, shown) => {
    const serving = await startServing({ crons: [CRONS.projects] });
    const { before, after } = await shownAfter(
      serving,
      CRONS.projects,
      () => serving.market.patchProject('prj_bitcoin', { status: 'paused', ...fields }),
      QUERY,
    );
    expect(after).toEqual({ ...before, market: expect.anything(), status: 'PAUSED', ...shown });
    const field = Object.keys(fields)[0];
    expect(refusedValues(serving)[0]).toMatch(new RegExp(`^prj_bitcoin: ${field}[.:]`));
    expect(await lastRun('projects')).toMatchObject({
      outcome: 'partial',
      skipped_count: 0,
      first_error: expect.stringContaining(`"prj_bitcoin": ${field}`),
    });
  });

  test.each<Fields>([
    { name: 7 },
    { name: LONG },
    { slug: '' },
    { symbol: ' ' },
    { category: null },
    { tags: 'defi' },
    { blockchain: null },
    { updated_at: MILLISECONDS },
  ])('keeps its last good value in the place of %j, and the rest is taken', async (fields) => {
    const serving = await startServing({ crons: [CRONS.projects] });
    const { before, after } = await shownAfter(
      serving,
      CRONS.projects,
      () => serving.market.patchProject('prj_bitcoin', { status: 'paused', tagline: 'New.', ...fields }),
      QUERY,
    );
    expect(after).toEqual({ ...before, market: expect.anything(), status: 'PAUSED', tagline: 'New.' });
    const field = Object.keys(fields)[0];
    expect(refusedValues(serving)).toEqual([expect.stringContaining(`prj_bitcoin: ${field}: `)]);
    expect(await lastRun('projects')).toMatchObject({ outcome: 'partial', skipped_count: 1 });
  });

  test('keeps its last good status, and what search finds follows the rest', async () => {
    const serving = await startServing({ crons: [CRONS.projects] });
    const { after } = await shownAfter(
      serving,
      CRONS.projects,
      () => serving.market.patchProject('prj_bitcoin', { status: 'abandoned', name: 'Kwyjibo' }),
      QUERY,
    );
    expect(after).toMatchObject({ status: 'LIVE', name: 'Kwyjibo' });
    const { data } = await serving.gateway.query('{ searchProjects(query: "kwyjibo") { symbol } }');
    expect(data).toEqual({ searchProjects: [{ symbol: 'BTC' }] });
  });

  test('that is new is skipped without a required value, and named; the others are listed', async () => {
    const serving = await startServing({ crons: [] });
    const { projects } = await serving.market.records();
    await serving.market.patchProject('prj_bitcoin', { category: 42 });
    await serving.gateway.scheduled(CRONS.projects);
    const { data } = await serving.gateway.query(
      '{ projects(first: 100) { totalCount nodes { symbol } } project(by: { symbol: "BTC" }) { id } }',
    );
    const live = projects.filter(({ status }) => status === 'live').length;
    expect(data).toMatchObject({ projects: { totalCount: live - 1 }, project: null });
    expect(refusedValues(serving)).toEqual([expect.stringContaining('prj_bitcoin: category: ')]);
    expect(await lastRun('projects')).toMatchObject({
      skipped_count: 1,
      written_count: projects.length - 1,
      first_error: expect.stringContaining('"prj_bitcoin": category: '),
    });
  });

  test('may list the year 9999, the last that a DateTime can write', async () => {
    const serving = await startServing({ crons: [CRONS.projects] });
    const { after } = await shownAfter(
      serving,
      CRONS.projects,
      () => serving.market.patchProject('prj_bitcoin', { launch_date: 253_402_300_799 }),
      QUERY,
    );
    expect(after).toMatchObject({ launchDate: '9999-12-31T23:59:59Z' });
  });

  test('with an odd optional value does not make the next run read from the same time', async () => {
    const serving = await startServing({ crons: [CRONS.projects] });
    const since = async () => {
      await serving.market.resetCalls();
      await serving.gateway.scheduled(CRONS.projects);
      const { last } = await serving.market.calls();
      const query: Fields = Object(last[0]?.query);
      return Number(query.since);
    };
    const first = await since();
    await serving.gateway.advance(900);
    await serving.market.patchProject('prj_bitcoin', { logo_url: 'odd' });
    await since();
    expect(await lastRun('projects')).toMatchObject({ outcome: 'partial' });
    expect(await since()).toBeGreaterThan(first);
    await serving.gateway.advance(900);
    await serving.market.patchProject('prj_bitcoin', { name: null });
    const held = await since();
    await serving.gateway.advance(900);
    expect(await since()).toBe(held);
  });
});

describe('the detail of a project', () => {
  const QUERY = `{ project(by: { symbol: "BTC" }) {
    detail { about team { name } roadmap { title targetDate } tokenomics { label percent } } } }`;
  const detail = {
    about: 'Money.',
    team: [{ name: 'Ada', role: 'CTO' }],
    roadmap: [{ title: 'Launch', target_date: 1_700_000_000, done: true }],
    tokenomics: [{ label: 'All', percent: 100 }],
  };

  test('loses the items and texts that are bad, and keeps a list that is no list', async () => {
    const { gateway, market } = await startServing({ crons: [CRONS.projects] });
    const ask = async () => {
      const { data, errors } = await gateway.query<{ project: { detail: Fields } }>(QUERY);
      expect(errors).toBeUndefined();
      return data.project.detail;
    };
    await market.writeAnswer('project-detail', JSON.stringify(detail));
    await ask();
    await gateway.advance(900);
    const bad = {
      about: LONG,
      team: 42,
      roadmap: [null, { title: 'Next', target_date: MILLISECONDS, done: false }, { title: 7, done: true }],
      tokenomics: [{ label: 'Team', percent: 'x' }, ...detail.tokenomics],
    };
    await market.writeAnswer('project-detail', JSON.stringify(bad));
    expect(await ask()).toEqual({
      about: null,
      team: [{ name: 'Ada' }],
      roadmap: [{ title: 'Next', targetDate: null }],
      tokenomics: [{ label: 'All', percent: 100 }],
    });
  });
});
