/**
 * A table of D1, declared once: its SELECT list, its upsert and the types of its rows come from its columns.
 *
 * `migrations/` creates the table; a test compares the two. All SQL is made when the module loads.
 */
import { jsonChunks } from './json-chunks.ts';

/** A column as SQLite knows it. `Value` is the type that D1 returns for it. */
export interface Column<Value> {
  type: 'TEXT' | 'INTEGER' | 'REAL';
  isNullable: boolean;
  /** Never set: it carries the type. */
  value?: Value;
}

type Columns = Readonly<Record<string, Column<unknown>>>;
type RowOf<Declared extends Columns> = {
  [Name in keyof Declared]: Declared[Name] extends Column<infer Value> ? Value : never;
};

/** JSON text of this type. */
export type JsonText<_Value> = string;

export const text: Column<string> = { type: 'TEXT', isNullable: false };
export const integer: Column<number> = { type: 'INTEGER', isNullable: false };
export const real: Column<number> = { type: 'REAL', isNullable: false };
export const textOf = <Value extends string>(): Column<Value> => ({ type: 'TEXT', isNullable: false });
export const json = <Value>(): Column<JsonText<Value>> => text;
export const orNull = <Value>(column: Column<Value>): Column<Value | null> => ({
  type: column.type,
  isNullable: true,
});

interface UpsertDefinition {
  name: string;
  /** The columns of its unique key. */
  key: readonly string[];
  /** In Unix seconds. A row is not written over a newer one, unless the stored version is in the future. */
  version?: string;
  /** The upsert does not change these columns of a stored row for which the condition holds; no column if it names none. */
  unless?: { condition: string; columns?: readonly string[] };
  /** An integer column with the Unix seconds of the insert. It never changes and is not in the SELECT list. */
  insertedAt?: string;
}

interface TableDefinition<Selected extends Columns, WriteOnly extends Columns, Computed extends string>
  extends UpsertDefinition {
  columns: Selected;
  /** Written, and used by SQL alone: they are not in the SELECT list. */
  writeOnly?: WriteOnly;
  /** Selected, and made by SQL from other rows: the upsert does not write them. */
  computed?: readonly Computed[];
  key: readonly (keyof (Selected & WriteOnly) & string)[];
  version?: keyof Selected & string;
}

/** The row that a table's SELECT list returns. */
export type SelectedRow<Declared extends { columns: Columns }> = RowOf<Declared['columns']>;
/** The row that a table's upsert takes. */
export type WrittenRow<
  Declared extends { columns: Columns; writeOnly: Columns; computed: readonly string[] },
> = Omit<RowOf<Declared['columns'] & Declared['writeOnly']>, Declared['computed'][number]>;

export function defineTable<
  Selected extends Columns,
  WriteOnly extends Columns = Record<never, never>,
  Computed extends keyof Selected & string = never,
>(definition: TableDefinition<Selected, WriteOnly, Computed>) {
  const { columns, insertedAt } = definition;
  const writeOnly = definition.writeOnly ?? ({} as WriteOnly);
  const computed: readonly Computed[] = definition.computed ?? [];
  const written = Object.keys({ ...columns, ...writeOnly }).filter(
    (name) => !(computed as readonly string[]).includes(name),
  );
  const upsert = upsertSql(definition, written);
  return {
    name: definition.name,
    columns,
    writeOnly,
    computed,
    insertedAt,
    upsert,

    /** @param expressions SQL in the place of stored columns, by column. */
    selectList(expressions: { readonly [Name in keyof Selected]?: string } = {}): string {
      const selected = Object.keys(columns).map((name) =>
        expressions[name] === undefined ? name : `${expressions[name]} AS ${name}`,
      );
      return selected.join(', ');
    },

    /**
     * Statements that insert rows and update those that differ. Each returns one result a row that it wrote:
     * `changes` of D1 also counts the writes of triggers.
     */
    writes(
      db: D1Database,
      rows: readonly Omit<RowOf<Selected & WriteOnly>, Computed>[],
      nowSeconds: number,
    ): D1PreparedStatement[] {
      if (rows.length === 0) return [];
      const statement = db.prepare(upsert);
      const tuples = rows.map((row) => written.map((name) => row[name as keyof typeof row]));
      return jsonChunks(tuples).map((chunk) => statement.bind(chunk, nowSeconds));
    },
  };
}

/** `?1` is a JSON array of tuples in the order of `written`, `?2` the current time in Unix seconds. */
function upsertSql(definition: UpsertDefinition, written: readonly string[]): string {
  const { name, key, version, insertedAt, unless } = definition;
  const inserted = insertedAt === undefined ? written : [...written, insertedAt];
  const values = inserted.map((column, index) => (column === insertedAt ? '?2' : `value ->> ${index}`));
  const updated = written.filter((column) => !key.includes(column));
  const kept = unless?.columns;
  /** The value that the upsert gives a column of a stored row. */
  const newValue = (column: string) =>
    kept?.includes(column)
      ? `CASE WHEN ${name}.${unless?.condition} THEN ${name}.${column} ELSE excluded.${column} END`
      : `excluded.${column}`;
  const storedValues = updated.map((column) => `${name}.${column}`).join(', ');
  const isWritable =
    unless === undefined || kept !== undefined ? '' : `NOT (${name}.${unless.condition}) AND `;
  const isNewer = `(excluded.${version} >= ${name}.${version} OR ${name}.${version} > ?2) AND `;
  // SQLite needs a WHERE before ON CONFLICT, and D1 refuses a parameter that a statement does not use.
  return `INSERT INTO ${name} (${inserted.join(', ')})
    SELECT ${values.join(', ')} FROM json_each(?1) WHERE ?2 IS NOT NULL
    ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${updated.map((column) => `${column} = ${newValue(column)}`).join(', ')}
    WHERE ${isWritable}${version === undefined ? '' : isNewer}(${updated.map(newValue).join(', ')}) IS NOT (${storedValues})
    RETURNING 1`;
}

/** The number of rows that the statements of `writes` inserted or updated. */
export const writtenRows = (results: readonly D1Result[]): number =>
  results.reduce((sum, result) => sum + result.results.length, 0);
