/** The calls of `docs/rest.md`: each route's with its real answer. */
import { readFile } from 'node:fs/promises';
import { type Endpoint, isProtected } from '../../src/rest/endpoint.ts';
import type { RestExample } from './examples.ts';
import { printJson } from './print-json.ts';

const ORIGIN = 'localhost:8787';

const PAGE = 'docs/rest.md';
const CALLS = /(?<=^<!-- calls:begin, written by npm run generate -->\n)[\s\S]*(?=^<!-- calls:end -->$)/m;

/** The page with fresh calls between its two markers. */
export async function printRestPage(
  endpoints: readonly Endpoint[],
  examples: readonly RestExample[],
): Promise<string> {
  const page = await readFile(PAGE, 'utf8');
  if (!CALLS.test(page)) throw new Error(`${PAGE} has no place for calls`);
  return page.replace(CALLS, () => `\n${printCalls(endpoints, examples)}\n\n`);
}

/** In the order of the endpoints, with a heading for each. */
function printCalls(endpoints: readonly Endpoint[], examples: readonly RestExample[]): string {
  return endpoints
    .map((endpoint) => {
      const calls = examples
        .filter(({ operation }) => operation === endpoint.operation)
        .map((example) => printCall(endpoint, example));
      return [`### \`${endpoint.method} ${endpoint.path}\``, endpoint.summary, ...calls].join('\n\n');
    })
    .join('\n\n');
}

function printCall(endpoint: Endpoint, { request, status, body }: RestExample): string {
  const path = endpoint.path.replaceAll(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(request.path?.[name] ?? ''),
  );
  const query = Object.entries(request.query ?? {}).map(([name, value]) => `${name}=${value}`);
  const url = [ORIGIN + path, ...(query.length === 0 ? [] : [query.join('&')])].join('?');
  const command = [
    query.length === 0 ? `curl -s ${url}` : `curl -s ${quoted(url)}`,
    ...(endpoint.method === 'PUT' || isBare(endpoint, request) ? [`-X ${endpoint.method}`] : []),
    ...(isProtected(endpoint) ? ['-H "Authorization: Bearer $token"'] : []),
    ...Object.entries(request.headers ?? {}).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(request.body === undefined
      ? []
      : ["-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(request.body))}`]),
  ];
  const block = ['```sh', command.join(' \\\n  '), '```'].join('\n');
  if (body === null) return `${block}\n\nIt answers ${status}, without a body.`;
  const answer = ['```json', printJson(body), '```'].join('\n');
  return status === 200 ? `${block}\n\n${answer}` : `${block}\n\nIt answers ${status}:\n\n${answer}`;
}

/** A method that curl does not choose by itself. */
const isBare = ({ method }: Endpoint, { body }: RestExample['request']) =>
  method === 'POST' && body === undefined;

/** For a shell. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
