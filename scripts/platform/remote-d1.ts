import { askPlatform, type PlatformClient } from './platform-client.ts';

interface Statement {
  sql: string;
  params: readonly unknown[];
}

/**
 * D1 over the platform's API in the form of a Worker's binding, for the statements of `src/storage/d1`: `prepare`, `bind`, `first`,
 * `all`, `run` and `batch`. A batch is one transaction. Reads are asked again where no answer comes; writes are not, since the first
 * request may have done its work.
 *
 * @throws CommandFailure from each, where the platform refuses or does not answer
 */
export function remoteD1(platform: PlatformClient, databaseId: string): D1Database {
  const ask = (statements: readonly Statement[]) => askDatabase(platform, databaseId, statements);
  const prepared = (statement: Statement) => ({
    statement,
    bind: (...params: unknown[]) => prepared({ ...statement, params }),
    async first() {
      const [result] = await ask([statement]);
      return result?.results[0] ?? null;
    },
    async all() {
      const [result] = await ask([statement]);
      return result;
    },
    async run() {
      const [result] = await ask([statement]);
      return result;
    },
  });
  const database = {
    prepare: (sql: string) => prepared({ sql, params: [] }),
    batch: (statements: readonly ReturnType<typeof prepared>[]) =>
      ask(statements.map(({ statement }) => statement)),
  };
  // The rest of a binding is used by no statement of the project.
  return database as unknown as D1Database;
}

interface Result {
  results: unknown[];
  meta: { changes: number };
}

const READS = /^\s*(SELECT|WITH)\b/i;

async function askDatabase(
  { client, accountId }: PlatformClient,
  databaseId: string,
  statements: readonly Statement[],
): Promise<Result[]> {
  // The SDK's type has strings alone; the API takes each JSON value that SQLite has.
  const batch = statements.map(({ sql, params }) => ({ sql, params: params as string[] }));
  const isRead = statements.every(({ sql }) => READS.test(sql));
  const { result } = await askPlatform('The database was not asked', async () =>
    client.d1.database.query(databaseId, { account_id: accountId, batch }, isRead ? {} : { maxRetries: 0 }),
  );
  return result.map(({ results = [], meta }) => ({ results, meta: { changes: meta?.changes ?? 0 } }));
}
