/** D1 of an environment over the platform's API. */
import { unreachable } from '../operations/command-failure.ts';
import { askPlatform, type PlatformClient } from '../platform/platform-client.ts';
import { queryDatabase } from '../platform/query-database.ts';

const ATTEMPTS = 3;

type SqlValue = string | number | null;

export interface RemoteDatabase {
  /** The rows of one statement with `?1` parameters. It may be asked again: a statement that writes must bear it. */
  query<Row>(sql: string, params?: readonly SqlValue[]): Promise<Row[]>;
  /** The state of this moment, for `wrangler d1 time-travel restore`. */
  bookmark(): Promise<string>;
}

export function remoteDatabase(platform: PlatformClient, databaseId: string): RemoteDatabase {
  const { client, accountId } = platform;
  return {
    async query<Row>(sql: string, params: readonly SqlValue[] = []) {
      const [result] = await queryDatabase(platform, databaseId, [{ sql, params }], ATTEMPTS);
      return (result?.results ?? []) as Row[];
    },
    async bookmark() {
      const { bookmark } = await askPlatform('The database gave no bookmark', async () =>
        client.d1.database.timeTravel.getBookmark(databaseId, { account_id: accountId }),
      );
      if (bookmark === undefined) throw unreachable('The platform gave no bookmark of the database.');
      return bookmark;
    },
  };
}
