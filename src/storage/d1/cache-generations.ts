/** The generations of the cache tags. D1 is the authority; KV has a copy. */

export interface CacheGenerationRow {
  tag: string;
  generation: number;
}

/** Increments the tag's generation, and raises it to `atLeast`. */
export const generationWrite = (db: D1Database, tag: string, atLeast: number) =>
  db
    .prepare(
      `INSERT INTO cache_generation (tag, generation) VALUES (?1, ?2)
       ON CONFLICT (tag) DO UPDATE SET generation = max(generation + 1, excluded.generation)`,
    )
    .bind(tag, atLeast);

export const generationsQuery = (db: D1Database) =>
  db.prepare('SELECT tag, generation FROM cache_generation ORDER BY tag');
