/** Addresses to open and commands to try, with the market's own numbers. */
import * as z from 'zod';
import { heading } from './lines.ts';
import type { StartUser } from './users.ts';

const OPERATION = 'MarketList';
const DOCUMENT = '{ projects(first: 3) { totalCount nodes { symbol price { price changePercent } } } }';

const answerSchema = z.object({
  data: z.object({
    projects: z.object({
      totalCount: z.number(),
      nodes: z.array(
        z.object({
          symbol: z.string(),
          logoUrl: z.string().nullable(),
          price: z.object({ price: z.number() }).nullable(),
        }),
      ),
    }),
  }),
});

async function marketListId(): Promise<string> {
  // Imported late, because npm start generates it.
  const { default: manifest } = await import('../../operations/manifest.json', { with: { type: 'json' } });
  const operation = manifest.operations.find(({ name }) => name === OPERATION);
  if (operation === undefined) throw new Error(`operations/manifest.json has no ${OPERATION}`);
  return operation.id;
}

interface MarketSummary {
  text: string;
  /** Its first project's. */
  logoUrl: string | null;
}

/** Asks the market list by its id, as an app would. */
async function marketSummary(gatewayUrl: string, id: string): Promise<MarketSummary> {
  const url = `${gatewayUrl}/graphql/${id}?variables=${encodeURIComponent('{"first":1}')}`;
  const text = await (await fetch(url)).text();
  try {
    const { totalCount, nodes } = answerSchema.parse(JSON.parse(text)).data.projects;
    const [first] = nodes;
    const price = first?.price == null ? '' : `, ${first.symbol} at ${first.price.price} USD`;
    return { text: `${totalCount} projects${price}`, logoUrl: first?.logoUrl ?? null };
  } catch {
    return { text: `no answer yet: ${text.slice(0, 200)}`, logoUrl: null };
  }
}

export interface RunningGateway {
  url: string;
  vars: Readonly<Record<string, string>>;
  simulated: { main: boolean; price: boolean };
  hasGraphiql: boolean;
  hasKey: boolean;
  /** Who can sign in. */
  users: readonly StartUser[];
}

export async function firstLook(gateway: RunningGateway): Promise<string> {
  const { url, vars, simulated, hasGraphiql, hasKey, users } = gateway;
  const mode = vars.OPERATIONS_MODE ?? '';
  const id = await marketListId();
  const market = await marketSummary(url, id);
  const curl = (body: object) =>
    `  curl -s ${url}/graphql -H 'Content-Type: application/json' \\\n    -d '${JSON.stringify(body)}'`;
  const row = (name: string, text: string) => `  ${name.padEnd(11)}${text}`;
  const documentsRun = mode === 'open' || mode === 'audit';
  return [
    row('Market', market.text),
    row(hasGraphiql ? 'GraphiQL' : 'GraphQL', `${url}/graphql`),
    row('REST', `${url}/api/projects, described at /api/openapi.json`),
    row('Files', market.logoUrl === null ? 'docs/files.md' : `${market.logoUrl}; docs/files.md sends others`),
    row('Health', `${url}/health`),
    row('Mode', documentsRun ? `${mode}: any document runs` : `${mode}: only registered operations run`),
    row('Main API', `${vars.MAIN_API_URL}${simulated.main ? ' (simulated)' : ''}`),
    row('Price API', `${vars.PRICE_API_URL}${simulated.price ? ' (simulated)' : ''}`),
    row(
      'Admin key',
      hasKey
        ? 'set: npm run operations -- list'
        : 'none, so nothing can be published; set ADMIN_KEY to 32 characters or more',
    ),
    ...(users.length > 0 ? [heading('Who can sign in')] : []),
    ...users.map(({ email, password, description }) =>
      [`  ${email.padEnd(20)}`, password.padEnd(30), description].join(''),
    ),
    ...(documentsRun ? [heading('Try a document'), curl({ query: DOCUMENT })] : []),
    heading(`Try ${OPERATION} by its id`),
    curl({ documentId: id, variables: { first: 3 } }),
  ].join('\n');
}
