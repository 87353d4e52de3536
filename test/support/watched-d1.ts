/** D1 as a test watches it, and as it fails. */
/** Shows the rows of each `all`. */
export function observed(db: D1Database, show: (rows: unknown[]) => void): D1Database {
  const observedStatement = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get(target, name) {
        if (name === 'bind') return (...values: unknown[]) => observedStatement(target.bind(...values));
        if (name === 'all')
          return async () => {
            const answer = await target.all();
            show(answer.results);
            return answer;
          };
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  return new Proxy(db, {
    get(target, name) {
      if (name === 'prepare') return (sql: string) => observedStatement(target.prepare(sql));
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

/** D1 with another `batch` in the place of its own. */
export const withBatch = (
  db: D1Database,
  batch: (statements: D1PreparedStatement[]) => Promise<D1Result[]>,
): D1Database => ({ prepare: (sql: string) => db.prepare(sql), batch }) as unknown as D1Database;

/** A D1 that fails before a write that `fails` says. */
export function failingD1(db: D1Database, fails: () => boolean): D1Database {
  const check = () => {
    if (fails()) throw new Error('D1 is down');
  };
  const failingStatement = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get(target, name) {
        if (name === 'bind') return (...values: unknown[]) => failingStatement(target.bind(...values));
        const member: unknown = Reflect.get(target, name, target);
        if (name === 'run')
          return async () => {
            check();
            return target.run();
          };
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  return new Proxy(db, {
    get(target, name) {
      if (name === 'prepare') return (sql: string) => failingStatement(target.prepare(sql));
      if (name === 'batch')
        return async (statements: D1PreparedStatement[]) => {
          check();
          return target.batch(statements);
        };
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

/** A D1 whose reads of one row are kept back once they are done. */
export function heldD1(db: D1Database) {
  const [hasRead, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const heldStatement = (statement: D1PreparedStatement) => ({
    first: async () => {
      const row = await statement.first();
      hasRead.resolve();
      await held.promise;
      return row;
    },
  });
  const prepare = (sql: string) => ({
    bind: (...values: unknown[]) => heldStatement(db.prepare(sql).bind(...values)),
  });
  return { db: { prepare } as unknown as D1Database, hasRead: hasRead.promise, release: held.resolve };
}
