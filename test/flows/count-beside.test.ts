import { beforeEach, describe, expect, test, vi } from 'vitest';
import { ask, type Caching, startCaching } from '../support/cache-bench.ts';

let caching: Caching;
beforeEach(async () => {
  caching = await startCaching();
});

const isCount = (sql: string) => sql.includes('count(*) AS total');
const counts = () => caching.db.reads.filter(isCount).length;

/** Pages wait until they are let go; a count that waits for its page then never comes. */
function holdPages(): () => void {
  const letGo = Promise.withResolvers<void>();
  const prepare = caching.db.binding.prepare;
  const held = (statement: D1PreparedStatement): D1PreparedStatement =>
    ({
      bind: (...values: unknown[]) => held(statement.bind(...values)),
      all: async () => {
        await letGo.promise;
        return statement.all();
      },
    }) as unknown as D1PreparedStatement;
  Object.assign(caching.db.binding, {
    prepare: (sql: string) => (sql.includes('sort_key') ? held(prepare(sql)) : prepare(sql)),
  });
  return letGo.resolve;
}

const answered = async (query: string, variables?: unknown) =>
  (await ask(caching.gateway, { query, ...(variables === undefined ? {} : { variables }) })).body;

describe.each(['projects', 'idoPools'])('%s', (list) => {
  test('are counted while the page is read', async () => {
    const letPagesGo = holdPages();
    const answer = answered(`{ ${list}(first: 2) { totalCount nodes { id } } }`);
    await vi.waitFor(() => expect(counts()).toBe(1));
    letPagesGo();
    const { data, errors } = await answer;
    expect(errors).toBeUndefined();
    expect(data[list]).toMatchObject({ totalCount: list === 'projects' ? 8 : 4 });
    expect(counts()).toBe(1);
  });

  test('are counted once under two names and in fragments', async () => {
    const query = `{ ${list}(first: 2) { ... { all: totalCount } ...Count nodes { id } } }
      fragment Count on ${list === 'projects' ? 'Project' : 'IdoPool'}Connection { totalCount }`;
    const { data } = await answered(query);
    const total = list === 'projects' ? 8 : 4;
    expect(data[list]).toMatchObject({ all: total, totalCount: total });
    expect(counts()).toBe(1);
  });

  test.each([true, false])('are counted where a condition says so: %s', async (isWanted) => {
    const query = `query ($isWanted: Boolean!) { ${list}(first: 2) { totalCount @include(if: $isWanted) nodes { id } } }`;
    await answered(query, { isWanted });
    expect(counts()).toBe(isWanted ? 1 : 0);
  });

  test('are not counted where nobody asks how many there are', async () => {
    await answered(`{ ${list}(first: 2) { nodes { id } } }`);
    expect(counts()).toBe(0);
  });

  test('fail as one where D1 fails for the page and for the count', async () => {
    caching.db.fail('D1 is down');
    const { data, errors } = await answered(`{ ${list}(first: 2) { totalCount nodes { id } } }`);
    expect(data[list]).toBeNull();
    expect(errors).toHaveLength(1);
  });
});
