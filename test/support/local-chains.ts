/** Starts two local chains (anvil) for a whole test run. A test's contracts have addresses of their own in them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** By chain id. */
    chainUrls: Record<number, string>;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const chains = await Promise.all([31_337, 31_338].map(startChain));
  project.provide('chainUrls', Object.fromEntries(chains.map(({ id, url }) => [id, url])));
  return async () => {
    await Promise.all(chains.map(({ stop }) => stop()));
  };
}

const ANVIL = createRequire(import.meta.url).resolve('@foundry-rs/anvil/bin.mjs');

/** Also a run of tests that is killed leaves no chain. */
const UNTIL_INPUT_ENDS = 'exec 3<&0 </dev/null; { read -r _ <&3; kill $$; } >/dev/null & exec "$0" "$@" 3<&-';

interface LocalChain {
  id: number;
  url: string;
  stop(): Promise<void>;
}

async function startChain(id: number): Promise<LocalChain> {
  const args = [execPath, ANVIL, '--port', '0', '--chain-id', String(id)];
  const process = spawn('sh', ['-c', UNTIL_INPUT_ENDS, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(process, 'exit');
  for await (const line of createInterface(process.stdout)) {
    const [, host] = /^Listening on (\S+)$/.exec(line) ?? [];
    if (host === undefined) continue;
    process.stdout.resume();
    return {
      id,
      url: `http://${host}`,
      async stop() {
        process.stdin.end();
        await ended;
      },
    };
  }
  throw new Error(`anvil of chain ${id} ended before it listened`);
}
