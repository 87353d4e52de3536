/**
 * The tables of a room. Their names are stored for ever. Flags are 1 or 0; times are Unix seconds.
 *
 * Each index is one more row that a write costs, so there are few: the one of `client_mutation_id` also finds the messages
 * of an author, and only messages that are held back have a second one.
 */

/** The part of a Durable Object's storage that a room uses. */
export type RoomStorage = Pick<
  DurableObjectStorage,
  'transactionSync' | 'getAlarm' | 'setAlarm' | 'deleteAlarm' | 'deleteAll'
> & { sql: RoomSql };
export type RoomSql = Pick<SqlStorage, 'exec'>;

/** SQL with one parameter: a list as JSON. */
export const IN_LIST = 'IN (SELECT value FROM json_each(?))';

const refuse = (event: string, table: string) =>
  `CREATE TRIGGER IF NOT EXISTS ${table}_no_${event.toLowerCase()} BEFORE ${event} ON ${table}
   BEGIN SELECT RAISE(ABORT, 'rows of ${table} are never changed'); END`;

const STATEMENTS = [
  /** One row. Position and sequence are the last ones that no row of `change` and `message` has any more. */
  `CREATE TABLE IF NOT EXISTS room (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    position INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    delivered_position INTEGER NOT NULL,
    slow_mode_seconds INTEGER NOT NULL,
    pinned_sequence INTEGER
  ) STRICT`,

  /** Who has posted, reacted or reported. Without a name the account is closed. */
  `CREATE TABLE IF NOT EXISTS author (
    user_id TEXT PRIMARY KEY,
    display_name TEXT,
    avatar_url TEXT,
    role TEXT NOT NULL,
    is_trusted INTEGER NOT NULL,
    is_erased INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,

  `CREATE TABLE IF NOT EXISTS message (
    sequence INTEGER PRIMARY KEY,
    author_id TEXT NOT NULL,
    client_mutation_id TEXT NOT NULL,
    text TEXT NOT NULL,
    links TEXT NOT NULL,
    reply_to INTEGER,
    posted_at INTEGER NOT NULL,
    is_deleted INTEGER NOT NULL,
    is_held_back INTEGER NOT NULL,
    hold_reason TEXT,
    is_released INTEGER NOT NULL,
    UNIQUE (author_id, client_mutation_id)
  ) STRICT`,
  `CREATE INDEX IF NOT EXISTS message_held_back ON message (sequence)
   WHERE is_held_back = 1 AND is_deleted = 0`,

  `CREATE TABLE IF NOT EXISTS reaction (
    sequence INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (sequence, user_id, kind)
  ) STRICT, WITHOUT ROWID`,

  `CREATE TABLE IF NOT EXISTS report (
    sequence INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    reported_at INTEGER NOT NULL,
    PRIMARY KEY (sequence, user_id)
  ) STRICT, WITHOUT ROWID`,

  /** Without an end it lasts until it is lifted. */
  `CREATE TABLE IF NOT EXISTS sanction (
    user_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('mute', 'ban')),
    ends_at INTEGER,
    PRIMARY KEY (user_id, kind)
  ) STRICT, WITHOUT ROWID`,

  `CREATE TABLE IF NOT EXISTS act (
    number INTEGER PRIMARY KEY,
    acted_at INTEGER NOT NULL,
    actor_id TEXT,
    action TEXT NOT NULL,
    sequence INTEGER,
    user_id TEXT,
    seconds INTEGER,
    reason TEXT
  ) STRICT`,
  refuse('UPDATE', 'act'),
  refuse('DELETE', 'act'),

  /** The last changes. A slot is written again when its change has been replaced or is not needed any more. */
  `CREATE TABLE IF NOT EXISTS change (
    slot INTEGER PRIMARY KEY,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    remains TEXT
  ) STRICT`,

  `CREATE TABLE IF NOT EXISTS hub (
    hub_id TEXT PRIMARY KEY,
    call_number INTEGER NOT NULL,
    is_watching INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
];

export function createTables(sql: RoomSql): void {
  for (const statement of STATEMENTS) sql.exec(statement);
}

export const hasTables = (sql: RoomSql): boolean =>
  sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'room'").toArray().length > 0;
