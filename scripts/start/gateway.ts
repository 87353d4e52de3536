/** The gateway's process as `start.ts` sees it, and the messages between the two. */
import { type ChildProcess, fork } from 'node:child_process';
import { WRANGLER_ENVIRONMENT } from './run-command.ts';

const STOP_PATIENCE_MS = 2_000;

export interface StartMessage {
  kind: 'start';
  port: number;
  stateFolder: string;
  /** For scripts alone: without GraphiQL, and not built again when the code changes. */
  headless: boolean;
  vars: Record<string, string>;
  secrets: Record<string, string>;
}

export interface StopMessage {
  kind: 'stop';
}

/** The development environment of wrangler.toml, as wrangler reads it. */
export interface GatewayConfiguration {
  kind: 'configuration';
  vars: Record<string, unknown>;
  crons: string[];
  /** The id of D1's database. */
  databaseId: string;
  /** Those of R2's local S3 API, by the secret that has them. */
  bucketCredentials: Record<string, string>;
}

export type GatewayMessage =
  | GatewayConfiguration
  | { kind: 'listening'; url: string }
  | { kind: 'failed'; message: string };

export interface GatewayProcess {
  configuration: Promise<GatewayConfiguration>;
  /** Returns the address it listens at. */
  start(message: Omit<StartMessage, 'kind'>): Promise<string>;
  /** The reason why it can no longer serve, whoever ended it. */
  ended: Promise<string>;
  /** Ends it and everything that it started. */
  stop(): Promise<void>;
  kill(): void;
}

export function forkGateway(): GatewayProcess {
  const child = fork(new URL('gateway-process.ts', import.meta.url), {
    // A process group of its own: a Ctrl-C reaches start.ts alone, and one signal reaches all that is left.
    detached: true,
    env: { ...process.env, ...WRANGLER_ENVIRONMENT },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ended = Promise.race([
    exited.then(() => 'The gateway process has ended.'),
    nextMessage(child, 'failed').then(({ message }) => message),
  ]);
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

/** Never settles where the process ends before it sends one: `ended` reports that. */
function nextMessage<Kind extends GatewayMessage['kind']>(child: ChildProcess, kind: Kind) {
  return new Promise<Extract<GatewayMessage, { kind: Kind }>>((resolve) => {
    child.on('message', (message: GatewayMessage) => {
      if (message.kind === kind) resolve(message as Extract<GatewayMessage, { kind: Kind }>);
    });
  });
}
