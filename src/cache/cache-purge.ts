/** The purge of Workers' own cache; undefined where the platform offers none. */
export type CachePurge = ((tags: string[]) => Promise<CachePurgeResult>) | undefined;

export const cachePurgeOf = ({ cache }: Pick<ExecutionContext, 'cache'>): CachePurge =>
  cache && ((tags) => cache.purge({ tags }));
