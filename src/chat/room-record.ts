/**
 * The rows of a room as JSON lines, in pages: table by table, in the order of their keys. A row that is there during the whole
 * export is in it once, whatever else is written meanwhile.
 */
import { BOUND_LIMIT } from '../storage/bound-limit.ts';
import type { OpenRoom } from './room-store.ts';

/** Tables with the columns of their keys. What hubs watch, and the last changes, belong to the running room alone. */
const TABLES = {
  room: ['one'],
  author: ['user_id'],
  message: ['sequence'],
  reaction: ['sequence', 'user_id', 'kind'],
  report: ['sequence', 'user_id'],
  sanction: ['user_id', 'kind'],
  act: ['number'],
} as const satisfies Record<string, readonly string[]>;
type TableName = keyof typeof TABLES;
const NAMES = Object.keys(TABLES) as TableName[];

type Row = Record<string, SqlStorageValue>;

/** @param after `upTo` of the page before */
export function exportedRows(
  room: OpenRoom,
  after: string | null,
  limit: number,
): { lines: string; rows: number; upTo: string } | null {
  const cursor: { table: TableName; key: SqlStorageValue[] } | null =
    after === null ? null : JSON.parse(after);
  const from = cursor === null ? 0 : NAMES.indexOf(cursor.table);
  if (from < 0) throw new Error('the cursor is of another table');
  let lines = '';
  let rows = 0;
  let upTo = '';
  for (const table of NAMES.slice(from)) {
    const key = cursor?.table === table ? cursor.key : [];
    for (const row of rowsBehind(room, table, key, limit - rows)) {
      lines += `${JSON.stringify({ table, ...row })}\n`;
      rows += 1;
      upTo = JSON.stringify({ table, key: TABLES[table].map((column) => row[column]) });
    }
    if (rows >= limit) break;
  }
  return rows === 0 ? null : { lines, rows, upTo };
}

function rowsBehind(
  { sql, changes, sequence }: OpenRoom,
  table: TableName,
  key: readonly SqlStorageValue[],
  limit: number,
): Row[] {
  const columns = TABLES[table].join(', ');
  const behind = key.length === 0 ? '' : `WHERE (${columns}) > (${key.map(() => '?').join(', ')})`;
  const rows = sql
    .exec<Row>(`SELECT * FROM ${table} ${behind} ORDER BY ${columns} ${BOUND_LIMIT}`, ...key, limit)
    .toArray();
  // The row of the room is written seldom.
  return table === 'room' ? rows.map((row) => ({ ...row, position: changes.position, sequence })) : rows;
}
