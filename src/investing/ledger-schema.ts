/**
 * The tables of a ledger. The database itself refuses a changed or missing entry, a key with a second outcome and a
 * balance below zero.
 */
import { ACCOUNTS, isOutside } from './accounts.ts';
import type { LedgerStorage } from './ledger-types.ts';

export const balanceColumn = (account: string): string => account.replace(':', '_');

/** Units with leading zeros (`sortableUnits`): a sign is no digit. */
const UNITS_CHECK = (column: string) => `CHECK (length(${column}) = 60 AND ${column} NOT GLOB '*[^0-9]*')`;
const BALANCES = ACCOUNTS.map((account) => {
  const column = balanceColumn(account);
  return `${column} TEXT NOT NULL${isOutside(account) ? '' : ` ${UNITS_CHECK(column)}`}`;
});

const refuse = (event: string, table: string) =>
  `CREATE TRIGGER IF NOT EXISTS ${table}_no_${event.toLowerCase()} BEFORE ${event} ON ${table}
   BEGIN SELECT RAISE(ABORT, 'rows of ${table} are never changed'); END`;

const STATEMENTS = [
  'CREATE TABLE IF NOT EXISTS entry (sequence INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT',
  refuse('UPDATE', 'entry'),
  refuse('DELETE', 'entry'),
  `CREATE TRIGGER IF NOT EXISTS entry_in_order BEFORE INSERT ON entry
   WHEN NEW.sequence <> (SELECT coalesce(max(sequence), 0) + 1 FROM entry)
   BEGIN SELECT RAISE(ABORT, 'entries are appended in order'); END`,

  /** One row: the clock, the head of the chain, balances, and sums over the rows of other tables. */
  `CREATE TABLE IF NOT EXISTS book (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    pool_id TEXT NOT NULL,
    pool_key TEXT NOT NULL,
    clock_ms INTEGER NOT NULL,
    wake_ms INTEGER,
    head_sequence INTEGER NOT NULL,
    head_hash TEXT NOT NULL,
    head_at_ms INTEGER NOT NULL,
    ${BALANCES.join(', ')},
    living_amount TEXT NOT NULL ${UNITS_CHECK('living_amount')},
    contained_tokens TEXT NOT NULL ${UNITS_CHECK('contained_tokens')},
    contained_amount TEXT NOT NULL ${UNITS_CHECK('contained_amount')},
    new_participants INTEGER NOT NULL CHECK (new_participants >= 0),
    closed_at INTEGER,
    figures_revision INTEGER NOT NULL,
    figures_projected INTEGER NOT NULL,
    figures_projected_ms INTEGER NOT NULL
  ) STRICT`,
  `CREATE TABLE IF NOT EXISTS terms (
    one INTEGER PRIMARY KEY CHECK (one = 1), terms TEXT NOT NULL, snapshot TEXT NOT NULL
  ) STRICT`,

  `CREATE TABLE IF NOT EXISTS idempotency_key (
    user_id TEXT NOT NULL,
    key TEXT NOT NULL,
    amount TEXT NOT NULL,
    investment_id TEXT,
    refusal TEXT,
    PRIMARY KEY (user_id, key),
    CHECK ((investment_id IS NULL) = (refusal IS NOT NULL))
  ) STRICT, WITHOUT ROWID`,
  refuse('UPDATE', 'idempotency_key'),
  refuse('DELETE', 'idempotency_key'),
  `CREATE UNIQUE INDEX IF NOT EXISTS idempotency_key_investment ON idempotency_key (investment_id)
   WHERE investment_id IS NOT NULL`,

  `CREATE TABLE IF NOT EXISTS member (
    user_id TEXT PRIMARY KEY,
    registered_at INTEGER,
    registration_id TEXT,
    strikes INTEGER NOT NULL,
    blocked_until INTEGER NOT NULL,
    open_investment TEXT,
    living_amount TEXT NOT NULL ${UNITS_CHECK('living_amount')},
    living_count INTEGER NOT NULL CHECK (living_count >= 0),
    contained_count INTEGER NOT NULL CHECK (contained_count >= 0),
    revision INTEGER NOT NULL,
    projected_revision INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX IF NOT EXISTS member_changed ON member (user_id) WHERE projected_revision < revision',

  `CREATE TABLE IF NOT EXISTS investment (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    investment_amount TEXT NOT NULL,
    token_amount TEXT NOT NULL,
    token_price TEXT NOT NULL,
    payment_token TEXT NOT NULL,
    invested_at INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'confirmed', 'failed', 'refunded')),
    failure TEXT,
    token_account TEXT CHECK (token_account IN ('tokens:reserved', 'tokens:sold')),
    money_account TEXT,
    total_claimed TEXT NOT NULL,
    claimable_amount TEXT NOT NULL,
    claim_level TEXT NOT NULL,
    next_claim_date INTEGER,
    transaction_hash TEXT,
    block_number INTEGER,
    confirmed_at INTEGER,
    updated_at INTEGER NOT NULL,
    reservation_expires_at INTEGER,
    receipt_sequence INTEGER NOT NULL,
    receipt_hash TEXT NOT NULL,
    receipt_at INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    is_refused INTEGER NOT NULL,
    passed_over_sequence INTEGER NOT NULL,
    confirmation_due_at INTEGER,
    upstream_updated_at INTEGER NOT NULL,
    is_contained INTEGER NOT NULL,
    is_unsettled INTEGER NOT NULL,
    living_sequence INTEGER NOT NULL,
    living_ack_at INTEGER,
    living_ack_revision INTEGER,
    acked_sequence INTEGER NOT NULL,
    renewed_ack_at INTEGER,
    renewed_ack_revision INTEGER,
    release_sequence INTEGER,
    release_sent_ms INTEGER,
    release_ack_at INTEGER,
    release_ack_revision INTEGER,
    revision INTEGER NOT NULL,
    projected_revision INTEGER NOT NULL,
    CHECK ((status IN ('pending', 'confirmed')) = (token_account IS NOT NULL)),
    CHECK (reservation_expires_at IS NULL OR money_account = 'money:due')
  ) STRICT, WITHOUT ROWID`,
  `CREATE INDEX IF NOT EXISTS investment_open ON investment (reservation_expires_at)
   WHERE reservation_expires_at IS NOT NULL`,
  `CREATE INDEX IF NOT EXISTS investment_unconfirmed ON investment (confirmation_due_at)
   WHERE confirmation_due_at IS NOT NULL`,
  `CREATE INDEX IF NOT EXISTS investment_changed ON investment (receipt_sequence)
   WHERE projected_revision < revision`,
  'CREATE INDEX IF NOT EXISTS investment_unsettled ON investment (id) WHERE is_unsettled = 1',

  `CREATE TABLE IF NOT EXISTS told_payment (
    investment_id TEXT NOT NULL,
    transaction_hash TEXT NOT NULL,
    user_id TEXT NOT NULL,
    blockchain TEXT NOT NULL,
    told_at INTEGER NOT NULL,
    is_too_late INTEGER NOT NULL,
    is_projected INTEGER NOT NULL,
    PRIMARY KEY (investment_id, transaction_hash)
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX IF NOT EXISTS told_payment_hash ON told_payment (transaction_hash)',
  `CREATE INDEX IF NOT EXISTS told_payment_changed ON told_payment (investment_id, transaction_hash)
   WHERE is_projected = 0`,

  `CREATE TABLE IF NOT EXISTS claim (
    id TEXT PRIMARY KEY,
    investment_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    amount TEXT NOT NULL,
    level TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('asked', 'stored', 'refused')),
    revision INTEGER NOT NULL,
    projected_revision INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX IF NOT EXISTS claim_of_investment ON claim (investment_id)',
  'CREATE INDEX IF NOT EXISTS claim_changed ON claim (id) WHERE projected_revision < revision',
  `CREATE TABLE IF NOT EXISTS claim_level (
    investment_id TEXT PRIMARY KEY,
    claim_level TEXT NOT NULL,
    revision INTEGER NOT NULL,
    projected_revision INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX IF NOT EXISTS claim_level_changed ON claim_level (investment_id) WHERE projected_revision < revision',

  `CREATE TABLE IF NOT EXISTS notice (
    notice_id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    investment_id TEXT,
    detail TEXT NOT NULL,
    noticed_at INTEGER NOT NULL,
    is_projected INTEGER NOT NULL
  ) STRICT`,
  'CREATE INDEX IF NOT EXISTS notice_changed ON notice (notice_id) WHERE is_projected = 0',

  `CREATE TABLE IF NOT EXISTS outbox (
    place INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    body TEXT NOT NULL,
    due_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    recorded_ms INTEGER NOT NULL,
    request_id TEXT,
    traceparent TEXT,
    effect TEXT NOT NULL CHECK (effect IN ('takes', 'releases', 'none')),
    is_first INTEGER NOT NULL,
    UNIQUE (subject, sequence)
  ) STRICT`,
  "CREATE INDEX IF NOT EXISTS outbox_release ON outbox (place) WHERE effect = 'releases'",
  'CREATE INDEX IF NOT EXISTS outbox_due ON outbox (due_ms) WHERE is_first = 1',
];

export function createTables(sql: LedgerStorage['sql']): void {
  for (const statement of STATEMENTS) sql.exec(statement);
}
