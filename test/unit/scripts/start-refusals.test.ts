import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';

const START = path.resolve(import.meta.dirname, '../../../scripts/start.ts');
/** Not the checkout's state: a refusal must not touch any. */
const STATE = path.join(tmpdir(), 'com2000-never-made');

async function start(environment: Record<string, string>, args = ['--state', STATE]) {
  const child = spawn(process.execPath, [START, ...args], { env: { ...process.env, ...environment } });
  const [out, err, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { exitCode, out, err };
}

it('npm start refuses and names a malformed variable', async () => {
  expect(await start({ PORT: '0', RATE_LIMIT_THRESHOLD: 'many' })).toMatchObject({
    exitCode: 1,
    err: 'npm start refuses:\n  RATE_LIMIT_THRESHOLD: must be a whole number from 1 to 9999999\n',
  });
});

it('npm start refuses and names a missing secret', async () => {
  expect(
    await start({ PORT: '0', PRICE_API_URL: 'https://price.example', INTERNAL_API_KEY: '' }),
  ).toMatchObject({
    exitCode: 1,
    err: 'npm start refuses:\n  INTERNAL_API_KEY: is missing, and PRICE_API_URL names a real upstream that asks for it\n',
  });
});

it('npm start refuses a port that is in use', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const { exitCode, err } = await start({ PORT: String(port) });
  server.close();
  expect(err).toBe(`npm start refuses:\n  PORT: ${port} is in use; try PORT=0 npm start for any free one\n`);
  expect(exitCode).toBe(1);
});

it('npm start refuses a value that is out of range, also of a variable that wrangler.toml does not name', async () => {
  expect(await start({ PORT: '0', PRICE_POLL_SECONDS: '100' })).toMatchObject({
    exitCode: 1,
    err: 'npm start refuses:\n  PRICE_POLL_SECONDS: must be a whole number from 1 to 60\n',
  });
});

it('npm start says what it does before it waits for anything', async () => {
  const { out } = await start({ PORT: 'none' });
  expect(out).toMatch(/^\nCOM2000 edge gateway\n {2}generates its types/);
});

it('npm start -- --help prints the command line and starts nothing', async () => {
  const { exitCode, out, err } = await start({}, ['--help']);
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  expect(out).toMatch(/^npm start {2,}the whole market[\s\S]*--state <folder>[\s\S]*ADMIN_KEY/);
});

it.each([['--port', '9000'], ['--state'], ['staging']])(
  'npm start -- %s is refused with the command line',
  async (...args) => {
    const { exitCode, out, err } = await start({}, args);
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain('--state <folder>');
    expect(err).not.toMatch(/^ +at /m);
  },
);
