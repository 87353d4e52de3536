import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';

const START = path.resolve(import.meta.dirname, '../../../scripts/start.ts');
/** Not the checkout's state: a refusal must not touch any. */
const STATE = path.join(tmpdir(), 'com2000-never-made');

async function start(environment: Record<string, string>) {
  const child = spawn(process.execPath, [START, '--state', STATE], {
    env: { ...process.env, ...environment },
  });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk));
  const [exitCode] = await once(child, 'close');
  return { exitCode, output: Buffer.concat(output).toString() };
}

it('npm start refuses and names a malformed variable', async () => {
  expect(await start({ PORT: '0', RATE_LIMIT_THRESHOLD: 'many' })).toEqual({
    exitCode: 1,
    output: 'npm start refuses:\n  RATE_LIMIT_THRESHOLD: must be a whole number from 1 to 9999999\n',
  });
});

it('npm start refuses and names a missing secret', async () => {
  expect(await start({ PORT: '0', PRICE_API_URL: 'https://price.example', INTERNAL_API_KEY: '' })).toEqual({
    exitCode: 1,
    output:
      'npm start refuses:\n  INTERNAL_API_KEY: is missing, and PRICE_API_URL names a real upstream that asks for it\n',
  });
});

it('npm start refuses a port that is in use', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const { exitCode, output } = await start({ PORT: String(port) });
  server.close();
  expect(output).toBe(
    `npm start refuses:\n  PORT: ${port} is in use; try PORT=0 npm start for any free one\n`,
  );
  expect(exitCode).toBe(1);
});
