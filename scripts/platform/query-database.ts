/** Statements on a database of D1, over the platform's API. */
import { askPlatform, type PlatformClient } from './platform-client.ts';

export interface Statement {
  sql: string;
  params: readonly unknown[];
}

export interface StatementResult {
  results: unknown[];
  meta: { changes: number };
}

/**
 * Several statements are one transaction.
 *
 * @param maxAttempts of a call that gets no answer, which may have done its work all the same
 * @throws CommandFailure where the platform refuses or does not answer
 */
export async function queryDatabase(
  { client, accountId }: PlatformClient,
  databaseId: string,
  statements: readonly Statement[],
  maxAttempts: number,
): Promise<StatementResult[]> {
  // The SDK's type has strings alone; the API takes each JSON value that SQLite has.
  const batch = statements.map(({ sql, params }) => ({ sql, params: params as string[] }));
  const [first] = batch;
  const body = batch.length === 1 && first !== undefined ? first : { batch };
  const { result } = await askPlatform('The database was not asked', async () =>
    client.d1.database.query(databaseId, { account_id: accountId, ...body }, { maxRetries: maxAttempts - 1 }),
  );
  return result.map(({ results = [], meta }) => ({ results, meta: { changes: meta?.changes ?? 0 } }));
}
