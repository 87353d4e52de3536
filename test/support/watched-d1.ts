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
