/** A table of a ledger's database whose rows are found by their key: its statements come from its columns. */
import type { LedgerStorage } from './ledger-types.ts';

type Sql = LedgerStorage['sql'];
type Name<Stored> = keyof Stored & string;

export class Table<Stored extends Record<string, SqlStorageValue>> {
  readonly #columns: readonly Name<Stored>[];
  readonly #from: string;
  readonly #byKey: string;
  readonly #insert: string;
  readonly #save: string;

  /** @param columns the value of each is not used: a record has every column once */
  constructor(name: string, key: readonly Name<Stored>[], columns: Record<keyof Stored, 1>) {
    const names = Object.keys(columns) as Name<Stored>[];
    const updates = names.filter((column) => !key.includes(column));
    const list = names.join(', ');
    this.#columns = names;
    this.#from = `SELECT ${list} FROM ${name}`;
    this.#byKey = `${this.#from} WHERE ${key.map((column) => `${column} = ?`).join(' AND ')}`;
    this.#insert = `INSERT INTO ${name} (${list}) VALUES (${names.map(() => '?').join(', ')})`;
    this.#save = `${this.#insert} ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${updates
      .map((column) => `${column} = excluded.${column}`)
      .join(', ')}`;
  }

  byKey(sql: Sql, ...key: SqlStorageValue[]): Stored | undefined {
    return sql.exec<Stored>(this.#byKey, ...key).toArray()[0];
  }

  /** @param rest of the statement, behind the table's name */
  select(sql: Sql, rest: string, ...values: SqlStorageValue[]): Stored[] {
    return sql.exec<Stored>(`${this.#from} ${rest}`, ...values).toArray();
  }

  /** @throws if the key is there */
  insert(sql: Sql, row: Stored): void {
    sql.exec(this.#insert, ...this.#columns.map((column) => row[column]));
  }

  /** Inserts the row, or writes it over the one with its key. */
  save(sql: Sql, row: Stored): void {
    sql.exec(this.#save, ...this.#columns.map((column) => row[column]));
  }
}
