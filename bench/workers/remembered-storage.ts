/** D1 and KV that give the same answer again without being asked: what is left of a request's CPU is the gateway's own. */

type Asked = { key: string; real: D1PreparedStatement };
const ASKED = new WeakMap<object, Asked>();

export function rememberingD1(db: D1Database): D1Database {
  const answers = new Map<string, Promise<unknown>>();
  const once = <Answer>(key: string, ask: () => Promise<Answer>): Promise<Answer> => {
    const kept = answers.get(key) ?? ask();
    answers.set(key, kept);
    return kept as Promise<Answer>;
  };
  const wrap = (key: string, real: D1PreparedStatement): D1PreparedStatement => {
    const statement = {
      bind: (...values: unknown[]) => wrap(`${key}\n${JSON.stringify(values)}`, real.bind(...values)),
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

/** Reads alone; what is written is dropped, because it would be read again. */
export function rememberingKv(kv: KVNamespace): KVNamespace {
  const answers = new Map<string, Promise<unknown>>();
  const read = (method: 'get' | 'getWithMetadata') => (keys: string | string[], type: string) => {
    const key = JSON.stringify([method, keys, type]);
    const ask = kv[method] as (keys: string | string[], type: string) => Promise<unknown>;
    const kept = answers.get(key) ?? ask(keys, type);
    answers.set(key, kept);
    return kept;
  };
  const remembering = {
    get: read('get'),
    getWithMetadata: read('getWithMetadata'),
    put: async () => undefined,
  };
  return remembering as unknown as KVNamespace;
}
