/** Search finds a text however it is written: case, ligatures, width, decomposed marks, characters of no width. */
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { CRONS } from '../../support/gateway.ts';
import { type Serving, startServing } from '../../support/serving-bench.ts';

const ID = 'prj_bitcoin';

async function found({ gateway }: Serving, search: string): Promise<boolean[]> {
  const { data, errors } = await gateway.query<{
    searchProjects: { symbol: string }[];
    projects: { nodes: { symbol: string }[] };
  }>(
    `query ($search: String!) {
       searchProjects(query: $search, first: 1) { symbol }
       projects(first: 1, filter: { search: $search }) { nodes { symbol } }
     }`,
    { search },
  );
  expect(errors).toBeUndefined();
  return [data.searchProjects, data.projects.nodes].map(([first]) => first?.symbol === 'BTC');
}

async function servingProject(name: string): Promise<Serving> {
  const serving = await startServing({ crons: [] });
  await serving.market.patchProject(ID, { name });
  await serving.gateway.scheduled(CRONS.projects);
  return serving;
}

describe.each([
  ['Straße', ['STRASSE', 'straße', 'STRAẞE', 'rass']],
  ['STRASSE', ['straße', 'ße']],
  ['İstanbul', ['istanbul', 'ISTANBUL', 'İSTANBUL', 'ıstanbul', 'i\u0307stanbul']],
  ['Diyarbakır', ['DİYARBAKIR', 'diyarbakir', 'DIYARBAKIR']],
  ['ΟΔΟΣ', ['οδος', 'οδοσ', 'Οδός'.normalize('NFD').replaceAll('\u0301', '')]],
  ['eﬃcient', ['EFFICIENT', 'ffi']],
  ['Ｆｕｌｌ', ['full', 'ＦＵＬＬ']],
  ['Café', ['cafe\u0301', 'CAFÉ', 'ＣＡＦＥ\u0301']],
  ['Zero\u200bWidth\ufeff', ['zerowidth', 'zero\u200dwidth', '\u2060Zero\u00adWidth', 'ze\ufe0fro']],
  ['ǅungla', ['ǆungla', 'Ǆungla', 'džungla']],
  ['K\u0000elvin', ['\u212aELVIN']],
])('%s', (name, searches) => {
  test(`is found by ${searches.join(', ')}`, async () => {
    const serving = await servingProject(name);
    for (const search of searches)
      expect([search, ...(await found(serving, search))]).toEqual([search, true, true]);
  });
});

test('a search of characters of no width has too few characters', async () => {
  const { gateway } = await startServing({ crons: [CRONS.projects] });
  for (const search of ['\u200b\u200b\u200b', 'a\u200b', '\u00ad\ufeff', ' a\u2060 ']) {
    const { errors } = await gateway.query('query ($s: String!) { searchProjects(query: $s) { symbol } }', {
      s: search,
    });
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
  }
});

describe('texts that an older folding made', () => {
  const outdate = () =>
    env.DB.exec(
      "UPDATE project_cache SET name_folded = 'old', symbol_folded = 'old', search_text = 'old', folding_version = 1",
    );

  test('are made anew by the next sync, also those of projects that upstream no longer changes', async () => {
    const serving = await servingProject('Straße');
    const before = await env.DB.prepare('SELECT * FROM project_cache ORDER BY id').all();
    await outdate();
    expect(await found(serving, 'strasse')).toEqual([false, false]);
    await serving.market.writeAnswer('projects-sync', '[]');
    await serving.gateway.scheduled(CRONS.projects);
    expect(await found(serving, 'strasse')).toEqual([true, true]);
    expect((await env.DB.prepare('SELECT * FROM project_cache ORDER BY id').all()).results).toEqual(
      before.results,
    );
  });

  test('are made anew while upstream fails, however many there are', async () => {
    const serving = await startServing({ market: { projectCount: 450 }, crons: [CRONS.projects] });
    await outdate();
    await serving.market.fault({ route: 'projects-sync', kind: '500' });
    await serving.gateway.scheduled(CRONS.projects);
    const left = "SELECT count(*) AS n FROM project_cache WHERE name_folded = 'old' OR search_text = 'old'";
    expect(await env.DB.prepare(left).first('n')).toBe(0);
  });
});
