/** D1's API: databases, queries, imports of files as wrangler makes them, time travel. */
import { createHash, randomUUID } from 'node:crypto';
import { D1Database, type Statement, type StatementResult } from './d1-database.ts';
import { ApiError, type ApiRequest, type Resource } from './resource.ts';
import type { PlatformState } from './state.ts';

const NAME_TAKEN = 7502;
const NOT_FOUND = 7404;
const BAD_REQUEST = 7400;

/** The databases of the account, by id. `file` lets a Worker in miniflare and this API share one. */
export class D1Databases {
  readonly #byId = new Map<string, D1Database>();
  /** Runs work alone. A test whose Worker writes to the same file replaces it: SQLite refuses one of two that write at once. */
  exclusively: <Answer>(work: () => Answer | Promise<Answer>) => Promise<Answer> = async (work) => work();
  /** By the file name that `import` gave. */
  readonly uploads = new Map<string, Uint8Array>();

  create(name: string, { uuid = randomUUID(), file }: { uuid?: string; file?: string } = {}): D1Database {
    if (this.find(name) !== undefined || this.find(uuid) !== undefined)
      throw new ApiError(400, NAME_TAKEN, `A database with name '${name}' already exists`);
    const database = new D1Database(uuid, name, file);
    this.#byId.set(uuid, database);
    return database;
  }

  find(idOrName: string): D1Database | undefined {
    return this.#byId.get(idOrName) ?? this.list().find(({ name }) => name === idOrName);
  }

  /** @throws ApiError 404 */
  get(idOrName: string): D1Database {
    const found = this.find(idOrName);
    if (found === undefined)
      throw new ApiError(404, NOT_FOUND, `The database ${idOrName} could not be found`);
    return found;
  }

  list(): D1Database[] {
    return [...this.#byId.values()];
  }

  delete(uuid: string): void {
    this.get(uuid).close();
    this.#byId.delete(uuid);
  }

  close(): void {
    for (const database of this.list()) database.close();
  }
}

const DATABASE = '/accounts/:accountId/d1/database/:databaseId';

const databaseOf = (request: ApiRequest, { databases }: PlatformState) =>
  databases.get(request.param('databaseId'));

const described = (database: D1Database) => ({
  uuid: database.uuid,
  name: database.name,
  created_at: database.createdAt.toISOString(),
  version: 'production',
  num_tables: database.tables,
  file_size: database.sizeBytes,
  running_in_region: 'WEUR',
  read_replication: { mode: 'disabled' },
});

function statementsOf(request: ApiRequest): Statement[] {
  const body = request.json<Partial<Statement> & { batch?: Statement[] }>();
  if (body.batch !== undefined) return body.batch;
  if (typeof body.sql !== 'string')
    throw new ApiError(400, BAD_REQUEST, 'Expected a "sql" text or a "batch"');
  return [{ sql: body.sql, params: body.params ?? [] }];
}

const objects = ({ columns, rows }: StatementResult) =>
  rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])));

type ImportBody = { etag: string } & ({ action: 'init' } | { action: 'ingest' | 'poll'; filename: string });

/** `init` gives an address for the file; `ingest` runs it whole. Nothing is left to `poll` for. */
function importFile(request: ApiRequest, state: PlatformState) {
  const database = databaseOf(request, state);
  const body = request.json<ImportBody>();
  if (body.action === 'init') {
    const filename = `${database.uuid}.${body.etag}.sql`;
    const origin = `http://${request.headers.get('host')}`;
    return { success: true, type: 'import', filename, upload_url: `${origin}/d1-uploads/${filename}` };
  }
  if (body.action === 'poll') throw new ApiError(400, BAD_REQUEST, 'Not currently importing anything.');
  const file = state.databases.uploads.get(body.filename);
  if (file === undefined) throw new ApiError(400, BAD_REQUEST, `${body.filename} was not uploaded`);
  const results = database.run([{ sql: Buffer.from(file).toString() }]);
  const bookmark = database.bookmark();
  const total = (figure: 'duration' | 'rows_read' | 'rows_written') =>
    results.reduce((sum, { meta }) => sum + Number(meta[figure]), 0);
  const meta = {
    duration: total('duration'),
    rows_read: total('rows_read'),
    rows_written: total('rows_written'),
    size_after: database.sizeBytes,
  };
  return {
    success: true,
    type: 'import',
    status: 'complete',
    at_bookmark: bookmark,
    messages: ['Finished importing.'],
    result: { num_queries: results.length, final_bookmark: bookmark, meta },
  };
}

/** From the query's `bookmark`, or the one at its `timestamp`, or the present one. */
function bookmarkOf(request: ApiRequest, database: D1Database): string {
  const { searchParams } = request.url;
  const bookmark = searchParams.get('bookmark');
  if (bookmark !== null) return bookmark;
  const timestamp = searchParams.get('timestamp');
  return timestamp === null ? database.bookmark() : database.bookmarkAt(Date.parse(timestamp));
}

const routes: Resource = [
  {
    method: 'POST',
    path: '/accounts/:accountId/d1/database',
    handle: (request, { databases }) => described(databases.create(request.json<{ name: string }>().name)),
  },
  { method: 'GET', path: DATABASE, handle: (request, state) => described(databaseOf(request, state)) },
  {
    method: 'POST',
    path: `${DATABASE}/query`,
    handle: (request, state) =>
      databaseOf(request, state)
        .run(statementsOf(request))
        .map((result) => ({ results: objects(result), success: true, meta: result.meta })),
  },
  { method: 'POST', path: `${DATABASE}/import`, handle: importFile },
  {
    method: 'PUT',
    path: '/d1-uploads/:filename',
    isPublic: true,
    handle(request, { databases }) {
      databases.uploads.set(request.param('filename'), request.body);
      const etag = createHash('md5').update(request.body).digest('hex');
      return new Response(null, { headers: { etag: `"${etag}"` } });
    },
  },
  {
    method: 'GET',
    path: `${DATABASE}/time_travel/bookmark`,
    handle(request, state) {
      return { bookmark: bookmarkOf(request, databaseOf(request, state)) };
    },
  },
  {
    method: 'POST',
    path: `${DATABASE}/time_travel/restore`,
    async handle(request, state) {
      const database = databaseOf(request, state);
      const bookmark = bookmarkOf(request, database);
      const previous = await database.restore(bookmark);
      return { bookmark, previous_bookmark: previous, message: 'Database restored' };
    },
  },
];

export const d1: Resource = routes.map((route) => ({
  ...route,
  handle: (request, state) => state.databases.exclusively(() => route.handle(request, state)),
}));
