import type { PlatformClient } from './platform-client.ts';
import { queryDatabase, type Statement } from './query-database.ts';

const READS = /^\s*(SELECT|WITH)\b/i;
const READ_ATTEMPTS = 3;

/**
 * D1 over the platform's API in the form of a Worker's binding, for the statements of `src/storage/d1`: `prepare`, `bind`, `first`,
 * `all`, `run` and `batch`. A batch is one transaction. Reads are asked again where no answer comes; writes are not, since the first
 * request may have done its work.
 *
 * @throws CommandFailure from each, where the platform refuses or does not answer
 */
export function remoteD1(platform: PlatformClient, databaseId: string): D1Database {
  const ask = (statements: readonly Statement[]) => {
    const isRead = statements.every(({ sql }) => READS.test(sql));
    return queryDatabase(platform, databaseId, statements, isRead ? READ_ATTEMPTS : 1);
  };
  const prepared = (statement: Statement) => {
    const all = async () => (await ask([statement]))[0];
    return {
      statement,
      bind: (...params: unknown[]) => prepared({ ...statement, params }),
      first: async () => (await all())?.results[0] ?? null,
      all,
      run: all,
    };
  };
  const database = {
    prepare: (sql: string) => prepared({ sql, params: [] }),
    batch: (statements: readonly ReturnType<typeof prepared>[]) =>
      ask(statements.map(({ statement }) => statement)),
  };
  // The rest of a binding is used by no statement of the project.
  return database as unknown as D1Database;
}
