/** Sizes of Durable Objects that grow without end, as they last said. Times are in Unix seconds. */

export interface ObjectSize {
  name: string;
  bytes: number;
}

const NAMED_MAX = 20;

/** The greatest ones. */
export async function greatestObjects(db: D1Database): Promise<ObjectSize[]> {
  const { results } = await db
    .prepare(
      `SELECT name, bytes FROM object_size WHERE typeof(bytes) = 'integer' ORDER BY bytes DESC LIMIT ${NAMED_MAX}`,
    )
    .all<ObjectSize>();
  return results;
}

/** One statement for all of them; none for none. */
export const objectSizeWrites = (
  db: D1Database,
  sizes: readonly ObjectSize[],
  nowSeconds: number,
): D1PreparedStatement[] =>
  sizes.length === 0
    ? []
    : [
        db
          .prepare(
            `INSERT INTO object_size (name, bytes, measured_at)
             SELECT value ->> 'name', value ->> 'bytes', ?2 FROM json_each(?1) WHERE true
             ON CONFLICT (name) DO UPDATE SET bytes = excluded.bytes, measured_at = excluded.measured_at`,
          )
          .bind(JSON.stringify(sizes), nowSeconds),
      ];

export const goneObjectsDelete = (db: D1Database, beforeSeconds: number): D1PreparedStatement =>
  db.prepare('DELETE FROM object_size WHERE measured_at < ?1').bind(beforeSeconds);
