/**
 * D1 and KV that give the same answer again without being asked, so that the CPU of a request is the gateway's own.
 *
 * Values are kept, and not promises: workerd lets no request await what another one began.
 */

type Asked = { key: string; real: D1PreparedStatement };
const ASKED = new WeakMap<object, Asked>();
/** The cursors of `distinctMarketListVariables` differ in a number that no project reaches: all mean the first page. */
const DISTINCT_CURSOR = /\b1\d{15}\b/g;

function remembering() {
  const answers = new Map<string, unknown>();
  return async <Answer>(key: string, ask: () => Promise<Answer>): Promise<Answer> => {
    if (!answers.has(key)) answers.set(key, await ask());
    return answers.get(key) as Answer;
  };
}

export function rememberedD1(db: D1Database): D1Database {
  const once = remembering();
  const wrap = (key: string, real: D1PreparedStatement): D1PreparedStatement => {
    const statement = {
      bind: (...values: unknown[]) =>
        wrap(`${key}\n${JSON.stringify(values).replace(DISTINCT_CURSOR, 'above')}`, real.bind(...values)),
      all: () => once(`all\n${key}`, () => real.all()),
      run: () => once(`run\n${key}`, () => real.run()),
      first: (column?: string) =>
        once(`first\n${column}\n${key}`, () =>
          column === undefined ? real.first() : real.first<unknown>(column),
        ),
    };
    ASKED.set(statement, { key, real });
    return statement as unknown as D1PreparedStatement;
  };
  return {
    prepare: (sql: string) => wrap(sql, db.prepare(sql)),
    batch: (statements: D1PreparedStatement[]) => {
      const asked = statements.map((statement) => ASKED.get(statement) as Asked);
      const key = `batch\n${asked.map((one) => one.key).join('\n')}`;
      return once(key, () => db.batch(asked.map(({ real }) => real)));
    },
  } as unknown as D1Database;
}

/** Writes are dropped. */
export function rememberedKv(kv: KVNamespace): KVNamespace {
  const once = remembering();
  const read = (method: 'get' | 'getWithMetadata') => (keys: string | string[], type: string) => {
    const ask = kv[method].bind(kv) as (keys: string | string[], type: string) => Promise<unknown>;
    return once(JSON.stringify([method, keys, type]), () => ask(keys, type));
  };
  const remembered = {
    get: read('get'),
    getWithMetadata: read('getWithMetadata'),
    put: async () => undefined,
  };
  return remembered as unknown as KVNamespace;
}
