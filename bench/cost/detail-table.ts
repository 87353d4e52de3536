/**
 * The table of project details as its storage module asks for it, in memory. What was written is seen at once; rows
 * past their time are not returned. Reads are charged with the request that was measured, writes here.
 */
export function detailTable(written: (rows: number) => void): D1Database {
  const rows = new Map<string, { detail: string | null; fetchedAt: number }>();
  const read = (ids: readonly string[], after: number) =>
    ids.flatMap((id) => {
      const row = rows.get(id);
      if (row === undefined || row.fetchedAt <= after) return [];
      return [{ project_id: id, detail: row.detail, fetched_at: row.fetchedAt }];
    });
  const db = {
    prepare: () => ({
      bind: (json: string, seconds: number) => ({
        json,
        all: async () => ({ results: read(JSON.parse(json) as string[], seconds) }),
      }),
    }),
    batch: async (statements: readonly { json: string }[]) => {
      for (const { json } of statements) {
        const tuples = JSON.parse(json) as [id: string, detail: string | null, fetchedAt: number][];
        for (const [id, detail, fetchedAt] of tuples) rows.set(id, { detail, fetchedAt });
        written(tuples.length);
      }
    },
  };
  return db as unknown as D1Database;
}
