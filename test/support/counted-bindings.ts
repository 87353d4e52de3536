/** Bindings that count what is asked of them. One call is one round trip; statements and keys are counted for themselves too. */

export interface BindingCounts {
  d1Calls: number;
  d1Statements: number;
  d1RowsRead: number;
  d1RowsWritten: number;
  kvReads: number;
  kvKeysRead: number;
  kvWrites: number;
  durableObjectCalls: number;
  /** Class B operations. */
  r2Reads: number;
  /** Class A operations. */
  r2Writes: number;
}

export const noCounts = (): BindingCounts => ({
  d1Calls: 0,
  d1Statements: 0,
  d1RowsRead: 0,
  d1RowsWritten: 0,
  kvReads: 0,
  kvKeysRead: 0,
  kvWrites: 0,
  durableObjectCalls: 0,
  r2Reads: 0,
  r2Writes: 0,
});

const STATEMENT = Symbol('the real statement');

export function countedD1(db: D1Database, counts: BindingCounts): D1Database {
  const note = <Result extends D1Result>(result: Result): Result => {
    counts.d1RowsRead += result.meta.rows_read;
    counts.d1RowsWritten += result.meta.rows_written;
    return result;
  };
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement =>
    ({
      [STATEMENT]: statement,
      bind: (...values: unknown[]) => wrap(statement.bind(...values)),
      all: async () => {
        counts.d1Calls += 1;
        counts.d1Statements += 1;
        return note(await statement.all());
      },
      run: async () => {
        counts.d1Calls += 1;
        counts.d1Statements += 1;
        return note(await statement.run());
      },
      // `first` does not say what it read; `all` does.
      first: async (column?: string) => {
        counts.d1Calls += 1;
        counts.d1Statements += 1;
        const row = note(await statement.all<Record<string, unknown>>()).results[0] ?? null;
        return column === undefined || row === null ? row : row[column];
      },
      raw: () => {
        throw new Error('the counter does not know what `raw` reads');
      },
    }) as unknown as D1PreparedStatement;
  return {
    prepare: (sql: string) => wrap(db.prepare(sql)),
    batch: async (statements: D1PreparedStatement[]) => {
      counts.d1Calls += 1;
      counts.d1Statements += statements.length;
      const real = statements.map(
        (statement) => (statement as unknown as { [STATEMENT]: D1PreparedStatement })[STATEMENT],
      );
      return (await db.batch(real)).map(note);
    },
  } as unknown as D1Database;
}

export function countedKv(kv: KVNamespace, counts: BindingCounts): KVNamespace {
  return new Proxy(kv, {
    get(target, property) {
      if (property === 'get' || property === 'getWithMetadata' || property === 'list') counts.kvReads += 1;
      if (property === 'put' || property === 'delete') counts.kvWrites += 1;
      const value = Reflect.get(target, property) as unknown;
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        const [keys] = args;
        if (property === 'get' || property === 'getWithMetadata')
          counts.kvKeysRead += Array.isArray(keys) ? keys.length : 1;
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
}

/** Counts operations on objects; those on the parts of an upload are not counted. */
export function countedR2(bucket: R2Bucket, counts: BindingCounts): R2Bucket {
  return new Proxy(bucket, {
    get(target, property) {
      if (property === 'get' || property === 'head') counts.r2Reads += 1;
      if (property === 'put' || property === 'list') counts.r2Writes += 1;
      const value = Reflect.get(target, property) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Counts each request and each remote call to one of the objects. */
export function countedObjects<Objects extends DurableObjectNamespace>(
  namespace: Objects,
  counts: BindingCounts,
): Objects {
  const counted = (stub: object) =>
    new Proxy(stub, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          counts.durableObjectCalls += 1;
          return Reflect.apply(value, target, args);
        };
      },
    });
  return new Proxy(namespace, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== 'function') return value;
      const answersStub = property === 'get' || property === 'getByName';
      return (...args: unknown[]) => {
        const result: unknown = Reflect.apply(value, target, args);
        return answersStub ? counted(result as object) : result;
      };
    },
  });
}
