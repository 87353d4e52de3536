/**
 * Runs the gateway on workerd, in a process of its own: when `start.ts` ends for any reason, the channel between the
 * two closes, this process exits, and wrangler's exit hooks end workerd.
 */
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import path from 'node:path';
import { unstable_readConfig, unstable_startWorker } from 'wrangler';
import type { GatewayMessage, StartMessage, StopMessage } from './gateway.ts';
import { formatGatewayLog, type WorkerdLog } from './gateway-log.ts';

const CONFIG = { config: 'wrangler.toml', env: 'development' } as const;

/** The processes that wrangler starts inside this one and does not show: workerd, twice, and the bundler. */
const childProcesses = new Set<ChildProcess>();
let worker: Awaited<ReturnType<typeof unstable_startWorker>> | undefined;

subscribe('child_process', (message) => watchChildProcess((message as { process: ChildProcess }).process));
process.on('disconnect', () => process.exit());
process.on('message', (message: StartMessage | StopMessage) => {
  if (message.kind === 'stop') stopWorker().finally(() => process.exit());
  else startWorker(message).catch(sendFailure);
});

try {
  const { vars, triggers, d1_databases, r2_buckets } = unstable_readConfig(CONFIG);
  const databaseId = d1_databases.find(({ binding }: { binding: string }) => binding === 'DB')?.database_id;
  if (databaseId === undefined) throw new Error('wrangler.toml names no database DB');
  const { accessKeyId = '', secretAccessKey = '' } =
    r2_buckets[0]?.local_dev?.experimental_s3_credentials ?? {};
  const bucketCredentials = { R2_ACCESS_KEY_ID: accessKeyId, R2_SECRET_ACCESS_KEY: secretAccessKey };
  send({ kind: 'configuration', vars, crons: triggers.crons ?? [], databaseId, bucketCredentials });
} catch (error) {
  sendFailure(error);
}

function send(message: GatewayMessage): void {
  process.send?.(message);
}

function sendFailure(error: unknown): void {
  send({ kind: 'failed', message: messageOf(error) });
}

/** Reports workerd's end, unless this process ended it. A reload ends workerd too, on purpose. */
function watchChildProcess(child: ChildProcess): void {
  childProcesses.add(child);
  child.once('exit', (code, signal) => {
    childProcesses.delete(child);
    if (path.basename(child.spawnfile) === 'workerd' && !child.killed)
      send({ kind: 'failed', message: `workerd has ended (${signal ?? `code ${code}`}).` });
  });
}

async function startWorker(start: StartMessage): Promise<void> {
  worker = await unstable_startWorker({
    ...CONFIG,
    sendMetrics: false,
    ...(start.headless ? { build: { define: { GRAPHIQL: 'false' } } } : {}),
    bindings: { ...bindings('plain_text', start.vars), ...bindings('secret_text', start.secrets) },
    dev: {
      remote: false,
      watch: !start.headless,
      inspector: false,
      persist: start.stateFolder,
      server: { hostname: 'localhost', port: start.port },
      structuredLogsHandler: (entry: WorkerdLog) => {
        const text = formatGatewayLog(entry);
        if (text !== undefined) process.stdout.write(`${text}\n`);
      },
    },
  });
  send({ kind: 'listening', url: (await worker.url).origin });
}

/** Waits for every process, so that not even a dead one is left. */
async function stopWorker(): Promise<void> {
  await worker?.dispose();
  const exits = [...childProcesses].map((child) => once(child, 'exit'));
  for (const child of childProcesses) child.kill('SIGKILL');
  await Promise.all(exits);
}

function bindings<Type extends 'plain_text' | 'secret_text'>(type: Type, values: Record<string, string>) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { type, value }]));
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} ${messageOf(error.cause)}`;
}
