/** The gateway's process as `start.ts` sees it. */
import { type ChildProcess, fork } from 'node:child_process';
import type { GatewayMessage, StartMessage, StopMessage } from './gateway-messages.ts';
import { wranglerEnvironment } from './wrangler-environment.ts';

const STOP_PATIENCE_MS = 2_000;

export interface GatewayProcess {
  /** wrangler.toml of development, as wrangler reads it. */
  configuration: Promise<Extract<GatewayMessage, { kind: 'configuration' }>>;
  /** The address it listens at. */
  start(message: Omit<StartMessage, 'kind'>): Promise<string>;
  /** Says why it can no longer serve, whoever ended it. */
  ended: Promise<string>;
  /** Ends it and everything that it started. */
  stop(): Promise<void>;
  kill(): void;
}

export function forkGateway(): GatewayProcess {
  const child = fork(new URL('gateway-process.ts', import.meta.url), {
    // Its own process group: a Ctrl-C comes to start.ts alone, and one signal reaches all that is left.
    detached: true,
    env: wranglerEnvironment(),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = new Promise<string>((resolve) => {
    child.once('exit', () => resolve('The gateway process has ended.'));
    child.on('message', (message: GatewayMessage) => {
      if (message.kind === 'failed') resolve(message.message);
    });
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const configuration = nextMessage(child, 'configuration');

  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  let holdsWorkerd = false;
  return {
    configuration,
    ended,
    kill,
    async start(message) {
      holdsWorkerd = true;
      const listening = nextMessage(child, 'listening');
      child.send({ kind: 'start', ...message } satisfies StartMessage);
      return (await listening).url;
    },
    async stop() {
      if (holdsWorkerd && child.connected) child.send({ kind: 'stop' } satisfies StopMessage);
      const timer = setTimeout(kill, holdsWorkerd ? STOP_PATIENCE_MS : 0);
      await exited;
      clearTimeout(timer);
      kill();
    },
  };
}

/** Never settles where the process ends before: `ended` tells of that. */
function nextMessage<Kind extends GatewayMessage['kind']>(child: ChildProcess, kind: Kind) {
  return new Promise<Extract<GatewayMessage, { kind: Kind }>>((resolve) => {
    child.on('message', (message: GatewayMessage) => {
      if (message.kind === kind) resolve(message as Extract<GatewayMessage, { kind: Kind }>);
    });
  });
}
