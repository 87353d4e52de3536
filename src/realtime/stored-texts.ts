/** Texts by name in their own table of a Durable Object, each in as many rows as it needs. */

/** A row holds 2 MB at most on this platform, and a character takes up to 3 bytes. */
const PART_MAX_CHARACTERS = 500_000;

/** A text in pieces that fit in a row. */
export function partsOf(text: string): string[] {
  const count = Math.ceil(text.length / PART_MAX_CHARACTERS);
  return Array.from({ length: count }, (_, part) =>
    text.slice(part * PART_MAX_CHARACTERS, (part + 1) * PART_MAX_CHARACTERS),
  );
}

export class StoredTexts {
  readonly #sql: DurableObjectStorage['sql'];
  readonly #table: string;

  constructor({ sql }: Pick<DurableObjectStorage, 'sql'>, table: string) {
    this.#sql = sql;
    this.#table = table;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS ${table} ` +
        '(name TEXT, part INTEGER, text TEXT NOT NULL, PRIMARY KEY (name, part)) WITHOUT ROWID',
    );
  }

  /** All texts by name. */
  all(): Map<string, string> {
    const texts = new Map<string, string>();
    const rows = this.#sql.exec<{ name: string; text: string }>(
      `SELECT name, text FROM ${this.#table} ORDER BY name, part`,
    );
    for (const { name, text } of rows.toArray()) texts.set(name, (texts.get(name) ?? '') + text);
    return texts;
  }

  store(name: string, text: string): void {
    const parts = partsOf(text);
    for (const [part, slice] of parts.entries()) {
      this.#sql.exec(
        `INSERT OR REPLACE INTO ${this.#table} (name, part, text) VALUES (?, ?, ?)`,
        name,
        part,
        slice,
      );
    }
    this.#sql.exec(`DELETE FROM ${this.#table} WHERE name = ? AND part >= ?`, name, parts.length);
  }

  clear(): void {
    this.#sql.exec(`DELETE FROM ${this.#table}`);
  }
}
