/** The queries of `docs/analytics.sql` by name. */
const QUERY = /^-- (\w+): [^\n]*\n(SELECT[^;]*);$/gm;

export const documentedQueries = (sql: string): Record<string, string> =>
  Object.fromEntries([...sql.matchAll(QUERY)].map(([, name = '', query = '']) => [name, query]));
