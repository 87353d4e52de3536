/**
 * Holds the gateway on workerd. A process of its own, so that whatever ends `start.ts` ends workerd with it:
 * the channel between the two closes, this process exits, and wrangler's exit hooks end workerd.
 */
import { unstable_readConfig, unstable_startWorker } from 'wrangler';
import { endChildProcesses, watchWorkerd } from './child-processes.ts';
import { formatGatewayLog, type WorkerdLog } from './gateway-log.ts';
import type { GatewayMessage, StartMessage, StopMessage } from './gateway-messages.ts';

const CONFIG = { config: 'wrangler.toml', env: 'development' } as const;

const tell = (message: GatewayMessage) => process.send?.(message);

watchWorkerd((how) => tell({ kind: 'failed', message: `workerd has ended (${how}).` }));
let worker: Awaited<ReturnType<typeof unstable_startWorker>> | undefined;

process.on('disconnect', () => process.exit());
process.on('message', (message: StartMessage | StopMessage) => {
  if (message.kind === 'stop') stopWorker().finally(() => process.exit());
  else startWorker(message).catch((error: unknown) => tell({ kind: 'failed', message: messageOf(error) }));
});

try {
  const { vars, triggers } = unstable_readConfig(CONFIG);
  tell({ kind: 'configuration', vars, crons: triggers.crons ?? [] });
} catch (error) {
  tell({ kind: 'failed', message: messageOf(error) });
}

async function startWorker(start: StartMessage): Promise<void> {
  worker = await unstable_startWorker({
    ...CONFIG,
    sendMetrics: false,
    bindings: { ...bindings('plain_text', start.vars), ...bindings('secret_text', start.secrets) },
    dev: {
      remote: false,
      watch: true,
      inspector: false,
      persist: start.stateFolder,
      server: { hostname: 'localhost', port: start.port },
      structuredLogsHandler: (entry: WorkerdLog) => {
        const text = formatGatewayLog(entry);
        if (text !== undefined) process.stdout.write(`${text}\n`);
      },
    },
  });
  tell({ kind: 'listening', url: (await worker.url).origin });
}

/** Waits for every process, so that none is left, not even a dead one. */
async function stopWorker(): Promise<void> {
  await worker?.dispose();
  await endChildProcesses();
}

function bindings<Type extends 'plain_text' | 'secret_text'>(type: Type, values: Record<string, string>) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { type, value }]));
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} ${messageOf(error.cause)}`;
}
