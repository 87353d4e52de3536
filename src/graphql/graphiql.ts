import { parse, print } from 'graphql';
import { bundledOperationNamed } from '../operations/manifest.ts';

/** Set per environment in wrangler.toml. The bundler leaves out only what stands inside an `if` on it. */
declare const GRAPHIQL: boolean;

export const graphiqlBundled: boolean = GRAPHIQL;

/** GraphiQL from the local copy in its package; nothing is fetched from elsewhere. */
export async function renderGraphiQL(): Promise<string> {
  if (GRAPHIQL) {
    const { renderGraphiQL: render } = await import('@graphql-yoga/render-graphiql');
    const firstOperation = bundledOperationNamed('MarketList');
    const firstTab =
      firstOperation === undefined ? {} : { defaultQuery: print(parse(firstOperation.document)) };
    return render({ ...firstTab, title: 'COM2000' });
  }
  throw new Error('GraphiQL is not part of this build.');
}
