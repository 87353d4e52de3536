/**
 * Counts what Durable Objects do that is charged: calls (requests, messages, alarms, RPC), how long each takes, and rows.
 *
 * It wraps what the platform calls, so that the objects themselves are those of production.
 */

export interface ObjectCounts {
  /** By class and method. */
  calls: Record<string, number>;
  /** By class and method, from its call to its end: what calls wait for is in it. */
  activeMs: Record<string, number>;
  rowsRead: number;
  rowsWritten: number;
}

const counts: ObjectCounts = { calls: {}, activeMs: {}, rowsRead: 0, rowsWritten: 0 };
/** Cursors know their rows once they have been read. */
const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];

/** So far, of every object of this isolate. */
export function objectCounts(): ObjectCounts {
  for (const cursor of cursors.splice(0)) {
    counts.rowsRead += cursor.rowsRead;
    counts.rowsWritten += cursor.rowsWritten;
  }
  return structuredClone(counts);
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** @param name under which the methods of this class are counted. */
export function countCalls(name: string, prototype: object): void {
  for (const method of Object.getOwnPropertyNames(prototype)) {
    if (method === 'constructor') continue;
    const key = `${name}.${method}`;
    const original = Reflect.get(prototype, method) as Method;
    const counted: Method = function (...args) {
      counts.calls[key] = (counts.calls[key] ?? 0) + 1;
      const startedMs = performance.now();
      const end = () => {
        counts.activeMs[key] = (counts.activeMs[key] ?? 0) + performance.now() - startedMs;
      };
      const result = original.apply(this, args);
      if (result instanceof Promise) return result.finally(end);
      end();
      return result;
    };
    Object.defineProperty(prototype, method, { value: counted, configurable: true, writable: true });
  }
}

/** Before the object itself touches its storage. Each alarm that is set is a row written (Durable Objects' prices). */
export function countRows(storage: DurableObjectStorage): void {
  const { sql } = storage;
  const exec = sql.exec.bind(sql);
  const setAlarm = storage.setAlarm.bind(storage);
  Object.defineProperty(sql, 'exec', {
    value: (query: string, ...bindings: unknown[]) => {
      const cursor = exec(query, ...bindings);
      cursors.push(cursor);
      return cursor;
    },
  });
  Object.defineProperty(storage, 'setAlarm', {
    value: (time: number | Date) => {
      counts.rowsWritten += 1;
      return setAlarm(time);
    },
  });
}
