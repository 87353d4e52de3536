/**
 * `npm run bench:files`: the files of `src` and `schema` of which a function runs, for one request of each kind, one cron
 * minute and one event. Another checkout can be named: `npm run bench:files -- <folder> [--names]`.
 *
 * The gateway's own bundle runs in workerd, with a counter at the beginning of each function: workerd's inspector has no
 * coverage.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import * as acorn from 'acorn';
import MagicString from 'magic-string';
import { bundleWorker, gatewayObjects } from './bundle.ts';
import { operationId, operationPath } from './requests.ts';
import { migrateAndSync, startBenchUpstream } from './synced-market.ts';
import { startWorkerd } from './workerd.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { names: { type: 'boolean', default: false } },
});
/** After an answer, what it left to be done beside it. */
const SETTLED_MS = 300;
const HITS_PATH = '/functions-that-ran';

const project = path.resolve(positionals[0] ?? '.');
const bundle = await bundleWorker(AbortSignal.timeout(60_000), undefined, project, { minify: false });
const { script, files } = counted(bundle);
const upstream = await startBenchUpstream();
const workerd = await startWorkerd(
  [
    {
      name: 'gateway',
      script,
      storage: 'gateway',
      vars: { ...upstream.gatewayVars, PRICE_POLL_SECONDS: '1' },
      durableObjects: gatewayObjects(),
      keepsObjects: true,
    },
  ],
  { inspector: false },
);
try {
  await migrateAndSync(workerd, 'gateway', { afterTheNight: true });
  await showAll();
} finally {
  await Promise.all([workerd.stop(), upstream.close()]);
}

async function showAll(): Promise<void> {
  const url = workerd.urlOf('gateway');
  const list = (variables: object) =>
    operationPath(operationId('MarketList'), variables as Record<string, unknown>);
  const get = async (at: string) => (await fetch(new URL(at, url))).text();
  const post = async () => {
    const body = JSON.stringify({ documentId: operationId('MarketList') });
    await (
      await fetch(new URL('/graphql', url), {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      })
    ).text();
  };
  const show = async (name: string, act: () => Promise<unknown>) => {
    await get(HITS_PATH);
    await act();
    await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
    const ran = (JSON.parse(await get(HITS_PATH)) as number[]).map((number) => files[number] ?? '').sort();
    console.log(`${name}: ${ran.length} files`);
    if (options.names) for (const file of ran) console.log(`  ${file}`);
  };
  // Plans are compiled, and requests recognised, before anything is counted.
  for (const at of [list({}), list({}), list({ first: 7 })]) await get(at);
  await post();
  await show('cached GET', () => get(list({})));
  await show('cached POST', post);
  await show('miss', () => get(list({ first: 9 })));
  const worker = (await workerd.miniflare.getWorker('gateway')) as unknown as {
    scheduled(event: { cron: string }): Promise<unknown>;
  };
  await show('cron minute', () => worker.scheduled({ cron: '* * * * *' }));
  const socket = await openSocket(url);
  socket.subscribe('PriceTicker', { symbols: ['BTC'] });
  await socket.next('next');
  await show('subscription event, with its poll', () => socket.next('next'));
  socket.complete();
  await show('WebSocket query of a cached list', async () => {
    socket.subscribe('MarketList', {});
    await socket.next('complete');
  });
  socket.close();
}

async function openSocket(url: URL) {
  const socket = new WebSocket(new URL('/graphql', url).href.replace('http', 'ws'), 'graphql-transport-ws');
  let waiting: { type: string; resolve: () => void } | undefined;
  socket.addEventListener('message', ({ data }) => {
    const { type } = JSON.parse(String(data)) as { type: string };
    if (type === waiting?.type) waiting.resolve();
  });
  const next = (type: string) =>
    new Promise<void>((resolve) => {
      waiting = { type, resolve };
    });
  const send = (message: object) => socket.send(JSON.stringify(message));
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  send({ type: 'connection_init' });
  await next('connection_ack');
  return {
    next,
    subscribe: (name: string, variables: object) =>
      send({ type: 'subscribe', id: 'only', payload: { documentId: operationId(name), variables } }),
    complete: () => send({ type: 'complete', id: 'only' }),
    close: () => socket.close(),
  };
}

/** esbuild writes each file's path before its code. */
function counted(code: string): { script: string; files: string[] } {
  const begins = [...code.matchAll(/^\/\/ (?:\.\.\/)*((?:src|schema|node_modules|operations)\/\S+)$/gm)];
  const fileAt = (offset: number) => begins.findLast(({ index }) => index <= offset)?.[1] ?? '';
  const files: string[] = [];
  const changed = new MagicString(code);
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const item of node) visit(item);
    if (typeof node !== 'object' || node === null || !('type' in node)) return;
    if (/Function/.test(String(node.type)) && 'body' in node) count(node.body as acorn.AnyNode);
    for (const child of Object.values(node)) visit(child);
  };
  const count = (body: acorn.AnyNode) => {
    const file = fileAt(body.start);
    if (!/^(src|schema)\//.test(file)) return;
    if (!files.includes(file)) files.push(file);
    const call = `filesThatRan.add(${files.indexOf(file)})`;
    if (body.type === 'BlockStatement') changed.appendRight(body.start + 1, `${call};`);
    else changed.appendRight(body.start, `(${call},`).appendLeft(body.end, ')');
  };
  visit(acorn.parse(code, { ecmaVersion: 'latest', sourceType: 'module' }).body);
  const [, entry] = code.match(/(\w+) as default/) ?? [];
  changed.prepend('const filesThatRan = new Set();\n').append(`
    const fetchOfGateway = ${entry}.fetch;
    ${entry}.fetch = (request, env, ctx) => {
      if (!request.url.endsWith('${HITS_PATH}')) return fetchOfGateway(request, env, ctx);
      const numbers = JSON.stringify([...filesThatRan]);
      filesThatRan.clear();
      return new Response(numbers);
    };`);
  return { script: changed.toString(), files };
}
