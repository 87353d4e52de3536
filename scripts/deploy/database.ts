/** D1 of an environment over the platform's API. */
import { unreachable } from '../operations/command-failure.ts';
import { askPlatform, type PlatformClient } from '../platform/platform-client.ts';

export type SqlValue = string | number | null;

export interface RemoteDatabase {
  /** The rows of one statement with `?1` parameters. The SDK may ask twice: a statement that writes must bear it. */
  query<Row>(sql: string, params?: readonly SqlValue[]): Promise<Row[]>;
  /** The state of this moment, for `wrangler d1 time-travel restore`. */
  bookmark(): Promise<string>;
}

export function remoteDatabase({ client, accountId }: PlatformClient, databaseId: string): RemoteDatabase {
  const account = { account_id: accountId };
  return {
    async query<Row>(sql: string, params: readonly SqlValue[] = []) {
      // The SDK's type has strings alone; the API takes each JSON value that SQLite has.
      const body = { ...account, sql, params: params as string[] };
      const { result } = await askPlatform('The database was not asked', async () =>
        client.d1.database.query(databaseId, body),
      );
      return (result[0]?.results ?? []) as Row[];
    },
    async bookmark() {
      const { bookmark } = await askPlatform('The database gave no bookmark', async () =>
        client.d1.database.timeTravel.getBookmark(databaseId, account),
      );
      if (bookmark === undefined) throw unreachable('The platform gave no bookmark of the database.');
      return bookmark;
    },
  };
}
