/** Set per environment in wrangler.toml: where it is false, the bundler leaves GraphiQL out. */
declare const GRAPHIQL: boolean;

export const graphiqlBundled: boolean = GRAPHIQL;

/** GraphiQL from the local copy in its package; nothing is fetched from elsewhere. */
export async function renderGraphiQL(options: object): Promise<string> {
  if (!GRAPHIQL) throw new Error('GraphiQL is not part of this build.');
  const { renderGraphiQL: render } = await import('@graphql-yoga/render-graphiql');
  return render(options);
}
