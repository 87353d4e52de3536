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
  /** By class. */
  rowsRead: Record<string, number>;
  rowsWritten: Record<string, number>;
}

const counts: ObjectCounts = { calls: {}, activeMs: {}, rowsRead: {}, rowsWritten: {} };
/** Cursors know their rows once they have been read. */
const cursors: { name: string; cursor: SqlStorageCursor<Record<string, SqlStorageValue>> }[] = [];

/** So far, of every object of this isolate. */
export function objectCounts(): ObjectCounts {
  for (const { name, cursor } of cursors.splice(0)) {
    add(counts.rowsRead, name, cursor.rowsRead);
    add(counts.rowsWritten, name, cursor.rowsWritten);
  }
  return structuredClone(counts);
}

function add(record: Record<string, number>, key: string, more: number): void {
  record[key] = (record[key] ?? 0) + more;
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * @param name under which the methods of this class are counted.
 * @param exported the class's prototype as the entry exports it: an empty one, over the one with the methods.
 */
export function countCalls(name: string, exported: object): void {
  const prototype = Object.getPrototypeOf(exported) as object;
  for (const method of Object.getOwnPropertyNames(prototype)) {
    if (method === 'constructor') continue;
    const key = `${name}.${method}`;
    const original = Reflect.get(prototype, method) as Method;
    const counted: Method = function (...args) {
      add(counts.calls, key, 1);
      const startedMs = performance.now();
      const end = () => {
        add(counts.activeMs, key, performance.now() - startedMs);
      };
      const result = original.apply(this, args);
      if (result instanceof Promise) return result.finally(end);
      end();
      return result;
    };
    Object.defineProperty(prototype, method, { value: counted, configurable: true, writable: true });
  }
}

/**
 * Before the object itself touches its storage. Each alarm that is set is a row written (Durable Objects' prices).
 *
 * @param name of the class.
 */
export function countRows(name: string, storage: DurableObjectStorage): void {
  const { sql } = storage;
  const exec = sql.exec.bind(sql);
  const setAlarm = storage.setAlarm.bind(storage);
  Object.defineProperty(sql, 'exec', {
    value: (query: string, ...bindings: unknown[]) => {
      const cursor = exec(query, ...bindings);
      cursors.push({ name, cursor });
      return cursor;
    },
  });
  Object.defineProperty(storage, 'setAlarm', {
    value: (time: number | Date) => {
      add(counts.rowsWritten, name, 1);
      return setAlarm(time);
    },
  });
}
