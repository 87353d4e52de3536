import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { buildSchema } from 'graphql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAdminClient, inChunks } from '../../../scripts/operations/admin-client.ts';
import { AdminStub, refused, STUB_KEY } from '../../support/admin-stub.ts';
import { runOperations } from '../../support/run-operations.ts';

const root = new URL('../../../', import.meta.url).pathname;
const COMMANDS = [
  ...['publish', 'list', 'show', 'usage', 'audit', 'check', 'deprecate', 'retire', 'restore', 'rollback'],
  ...['impact', 'off', 'on', 'limit', 'chat-record'],
];
const environment = { ADMIN_KEY: STUB_KEY };

let stub: AdminStub;
let url: string;
beforeEach(async () => {
  stub = new AdminStub(buildSchema('type Query { a: Int }'));
  url = await stub.listen();
});
afterEach(() => stub.close());

function answer(call: string, body: unknown): void {
  stub.fixed.set(call, { status: 200, body });
}

describe('--help', () => {
  it('of the whole names every command', async () => {
    for (const args of [['--help'], ['help']]) {
      const { exitCode, out } = await runOperations(args);
      expect(exitCode).toBe(0);
      for (const command of COMMANDS) expect(out).toMatch(new RegExp(`^ {2}${command} +\\w`, 'm'));
    }
  });

  it.each(COMMANDS)('of %s says how it is used and what its exit codes mean', async (command) => {
    const { exitCode, out, err } = await runOperations([command, '--help']);
    expect(exitCode).toBe(0);
    expect(out).toMatch(new RegExp(`^Usage: npm run operations -- ${command} `));
    for (const part of ['--url <address>', '--json', 'Exit codes', '  3  the gateway cannot be reached'])
      expect(out).toContain(part);
    expect(err).toBe('');
  });
});

describe('exit code 2', () => {
  it.each([
    ['no command', []],
    ['an unknown command', ['constructor']],
    ['an unknown option', ['list', '--colour']],
    ['a missing option', ['publish', 'manifest.json', '--client', 'ios']],
    ['an empty option', ['list', '--client', ' ']],
    ['a missing argument', ['show']],
    ['an argument too many', ['show', 'a', 'b']],
    ['an argument where none is', ['list', 'a']],
    ['no number of days', ['usage', '--days', '0']],
    ['no address', ['list', '--url', 'localhost']],
    ['the key in the clear to another machine', ['list', '--url', 'http://gateway.example']],
    ['no such manifest', ['publish', 'nowhere.json', '--client', 'ios', '--version', '1.0.0']],
  ])('is for %s', async (_what, args) => {
    const { exitCode, out, err } = await runOperations(args, { environment });
    expect(exitCode).toBe(2);
    expect(out).toBe('');
    expect(err).toContain('npm run operations --');
  });

  it('is for no key at all', async () => {
    const { exitCode, err } = await runOperations(['list', '--url', url]);
    expect(exitCode).toBe(2);
    expect(err).toContain('set OPERATIONS_KEY or ADMIN_KEY');
  });
});

describe('exit code 3', () => {
  it('is for a key that is not accepted, which is not printed', async () => {
    const { exitCode, out, err } = await runOperations([
      'list',
      '--url',
      url,
      '--admin-key',
      'the-wrong-key',
    ]);
    expect(exitCode).toBe(3);
    expect(err).toContain('does not accept this key');
    expect(out + err).not.toContain('the-wrong-key');
  });

  it('is for too many wrong keys, and an endpoint that is off or fails', async () => {
    for (const [status, said] of [
      [429, 'too many wrong keys'],
      [500, 'answered 500: refused: X'],
    ] as const) {
      stub.fixed.set('GET /admin/releases', refused(status, 'X'));
      const { exitCode, err } = await runOperations(['list', '--url', url], { environment });
      expect(exitCode).toBe(3);
      expect(err).toContain(said);
    }
    for (const args of [['list'], ['show', 'one'], ['usage']]) {
      stub.fixed.set('GET /admin/releases', refused(404, 'NOT_FOUND'));
      const { exitCode, err } = await runOperations([...args, '--url', url], { environment });
      expect(exitCode).toBe(3);
      expect(err).toContain('off where neither ADMIN_KEY nor OPERATIONS_KEYS is set');
    }
  });

  it('is for nobody there', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    await new Promise((resolve) => server.close(resolve));
    const there = `http://127.0.0.1:${port}`;
    const { exitCode, err } = await runOperations(['list', '--url', there], { environment });
    expect(exitCode).toBe(3);
    expect(err).toContain(`No answer from ${there}: connect ECONNREFUSED`);
  });

  it('is for an answer that is something else', async () => {
    answer('GET /admin/releases', { releases: [{ client: 'ios' }] });
    const { exitCode, err } = await runOperations(['list', '--url', url], { environment });
    expect(exitCode).toBe(3);
    expect(err).toContain('answered something else: releases.0.version');
  });

  it('lets the key through to a local http address, and to https anywhere', () => {
    for (const there of ['http://localhost:1', 'http://[::1]:1', 'https://gateway.example'])
      expect(() => createAdminClient(there, 'key')).not.toThrow();
  });
});

describe('chunks', () => {
  it('hold at most 200 operations and 4 MB of text, and every operation once, in order', () => {
    const small = Array.from({ length: 450 }, (_, at) => ({ id: `${at}`, document: 'x' }));
    expect(inChunks(small).map(({ length }) => length)).toEqual([200, 200, 50]);
    expect(inChunks(small).flat()).toEqual(small);
    const large = Array.from({ length: 5 }, (_, at) => ({ id: `${at}`, document: 'x'.repeat(1_500_000) }));
    expect(inChunks(large).map(({ length }) => length)).toEqual([2, 2, 1]);
    expect(inChunks([])).toEqual([]);
  });
});

describe('`npm run operations`', () => {
  const spawned = (...args: string[]) =>
    spawnSync('npm', ['run', '--silent', 'operations', '--', ...args], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: undefined, FORCE_COLOR: undefined, ADMIN_KEY: '' },
    });

  it('prints without colour into a pipe, and ends with the exit code', () => {
    const help = spawned('check', '--help');
    expect(help.status).toBe(0);
    expect(help.stdout).toContain('Usage: npm run operations -- check [options] [schema.graphql]');
    expect(help.stdout).not.toContain('\u001b');
    const wrong = spawned('list');
    expect(wrong.status).toBe(2);
    expect(wrong.stdout).toBe('');
    expect(wrong.stderr).not.toContain('\u001b');
  });
});
