/** Shared caches of Debian's packages, each a process of its own behind a socket file, between a client and a gateway. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const READY_WITHIN_MS = 30_000;
/** Varnish loads what it compiles from here; a machine may forbid that in the memory where other temporary files lie. */
const FOLDER_OF_PROGRAMS = '/tmp';

/** By the file in `configurations/` that says what each does. */
export const CACHES = {
  obedient: 'Varnish as it comes',
  harsh: 'Varnish by path and query alone',
  asking: 'Varnish that asks each time',
  nginx: 'nginx by path and query alone',
} as const;
export type CacheKind = keyof typeof CACHES;

export interface RunningCache {
  socketPath: string;
  stop(): Promise<void>;
}

const children = new Set<ChildProcess>();
// However this process ends, no cache outlives it.
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

export async function startCache(kind: CacheKind, gateway: URL): Promise<RunningCache> {
  const folder = await mkdtemp(path.join(FOLDER_OF_PROGRAMS, 'com2000-cache-'));
  const socketPath = path.join(folder, 'socket');
  const options = { kind, gateway, folder, socketPath };
  const [program, args] =
    kind === 'nginx'
      ? (['nginx', await nginxArgs(options)] as const)
      : (['varnishd', await varnishArgs(options)] as const);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const closed = once(child, 'close').finally(() => children.delete(child));
  const stop = async () => {
    child.kill('SIGTERM');
    await closed;
    await rm(folder, { recursive: true });
  };
  const failed = closed.then(([code]) => {
    throw new Error(`${program} ended with ${code}: ${output}`);
  });
  failed.catch(() => undefined);
  try {
    await Promise.race([failed, untilItAccepts(socketPath)]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { socketPath, stop };
}

interface CacheOptions {
  kind: CacheKind;
  gateway: URL;
  folder: string;
  socketPath: string;
}

const configuration = (file: string) => fileURLToPath(new URL(`configurations/${file}`, import.meta.url));

async function varnishArgs({ kind, gateway, folder, socketPath }: CacheOptions): Promise<string[]> {
  const file = path.join(folder, 'main.vcl');
  const backend = `backend gateway { .host = "${gateway.hostname}"; .port = "${gateway.port}"; }`;
  await writeFile(file, `vcl 4.1;\n${backend}\ninclude "${configuration(`${kind}.vcl`)}";\n`);
  const instance = ['-F', '-j', 'none', '-T', 'none', '-n', path.join(folder, 'instance')];
  return [...instance, '-s', 'malloc,32M', '-a', socketPath, '-f', file];
}

async function nginxArgs({ kind, gateway, folder, socketPath }: CacheOptions): Promise<string[]> {
  const file = path.join(folder, 'nginx.conf');
  const template = await readFile(configuration(`${kind}.conf`), 'utf8');
  await writeFile(
    file,
    template.replaceAll('FOLDER', folder).replace('SOCKET', socketPath).replace('GATEWAY', gateway.host),
  );
  return ['-p', folder, '-c', file, '-e', 'stderr'];
}

async function untilItAccepts(socketPath: string): Promise<void> {
  const deadlineMs = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const socket = connect(socketPath);
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (Date.now() > deadlineMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      socket.destroy();
    }
  }
}
