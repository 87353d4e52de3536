/** The generations of the cache tags, where they are decided: KV's one copy is written from here. */

export interface CacheGenerationRow {
  tag: string;
  generation: number;
}

/** Makes the tag's generation greater than it was, and at least so great. */
export const generationWrite = (db: D1Database, tag: string, atLeast: number) =>
  db
    .prepare(
      `INSERT INTO cache_generation (tag, generation) VALUES (?1, ?2)
       ON CONFLICT (tag) DO UPDATE SET generation = max(generation + 1, excluded.generation)`,
    )
    .bind(tag, atLeast);

/** Every tag's generation. */
export const generationsQuery = (db: D1Database) =>
  db.prepare('SELECT tag, generation FROM cache_generation ORDER BY tag');
