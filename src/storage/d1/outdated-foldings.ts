/** Makes search texts of projects anew, if an older folding made them. */
import { FOLDING_VERSION } from './fold-text.ts';
import { jsonChunks } from './json-chunks.ts';
import { foldedTexts } from './project-search.ts';

interface OutdatedRow {
  row_id: number;
  name: string;
  symbol: string;
  description: string | null;
}

/** About 1 MB of text. */
const ROWS_PER_READ = 200;

/** @returns the number of projects that were folded anew. One D1 call if there are none. */
export async function foldOutdatedProjects(db: D1Database): Promise<number> {
  const outdated = db.prepare(
    'SELECT row_id, name, symbol, description FROM project_cache WHERE folding_version < ?1 LIMIT ?2',
  );
  // A sync may have written the row since it was read: it is of this version then, and stays.
  const update = db.prepare(
    `UPDATE project_cache SET name_folded = folded.value ->> 1, symbol_folded = folded.value ->> 2,
       search_text = folded.value ->> 3, folding_version = ?2
     FROM json_each(?1) AS folded
     WHERE project_cache.row_id = folded.value ->> 0 AND project_cache.folding_version < ?2`,
  );
  let count = 0;
  for (;;) {
    const { results } = await outdated.bind(FOLDING_VERSION, ROWS_PER_READ).all<OutdatedRow>();
    if (results.length === 0) return count;
    const folded = results.map((row) => {
      const { name_folded, symbol_folded, search_text } = foldedTexts(row);
      return [row.row_id, name_folded, symbol_folded, search_text];
    });
    await db.batch(jsonChunks(folded).map((chunk) => update.bind(chunk, FOLDING_VERSION)));
    count += results.length;
  }
}
