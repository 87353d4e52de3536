import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { stripVTControlCharacters } from 'node:util';
import { buildSchema } from 'graphql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAdminClient, inChunks } from '../../../scripts/operations/admin-client.ts';
import { table } from '../../../scripts/operations/table.ts';
import { AdminStub, refused, STUB_KEY } from '../../support/admin-stub.ts';
import { runOperations } from '../../support/run-operations.ts';

const root = new URL('../../../', import.meta.url).pathname;
const COMMANDS = [
  ...['publish', 'list', 'show', 'usage', 'audit', 'check', 'deprecate', 'retire', 'restore', 'rollback'],
];
const environment = { ADMIN_KEY: STUB_KEY };

let stub: AdminStub;
let url: string;
beforeEach(async () => {
  stub = new AdminStub(buildSchema('type Query { a: Int }'));
  url = await stub.listen();
});
afterEach(() => stub.close());

const USED_AT = 1_795_300_000;
const answers = {
  usage: [
    {
      operationId: 'one',
      name: 'One',
      client: 'ios',
      version: '5.2.0',
      count: 3,
      firstSeen: USED_AT,
      lastSeen: USED_AT,
    },
    {
      operationId: 'two',
      name: 'Two',
      client: null,
      version: null,
      count: 1204,
      firstSeen: USED_AT,
      lastSeen: USED_AT,
    },
  ],
  refusals: [
    {
      reason: 'audit:QUERY_NOT_IN_SAFELIST',
      client: 'web',
      version: '1.4.0',
      documentId: null,
      name: null,
      count: 7,
      lastSeen: USED_AT,
    },
    {
      reason: 'PERSISTED_QUERY_RETIRED',
      client: 'ios',
      version: '3.0.0',
      documentId: 'one',
      name: 'One',
      count: 9,
      lastSeen: USED_AT,
    },
  ],
};
const live = (id: string, name: string) => ({ id, name, document: '{ a }', releases: [], count: 0 });
const shown = {
  ...{ id: 'one', name: 'One', kind: 'query', document: 'query One {\n  a\n}\n', cost: 12 },
  ...{
    variableBounds: { first: 100 },
    cachePolicy: {
      maxAgeSeconds: null,
      staleWhileRevalidateSeconds: 0,
      staleIfErrorSeconds: 0,
      scope: 'private',
      tags: [],
    },
  },
  ...{ scopes: ['read:profile'], liveness: { state: 'live' }, usage: answers.usage.slice(0, 1) },
  releases: [
    {
      ...{ client: 'ios', version: '5.2.0', state: 'published' },
      lastChange: { kind: 'restore', changedAt: USED_AT, keyName: 'release-bot' },
    },
  ],
};

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

describe('what commands print', () => {
  const run = (...args: string[]) => runOperations([...args, '--url', url], { environment });

  it('is the use of operations, what is used most first', async () => {
    answer('GET /admin/usage', answers);
    const { out } = await run('usage', '--client', 'ios', '--days', '7');
    expect(out).toMatch(/Two +two +- +- +1204 .*\n +One +one +ios +5\.2\.0 +3 +2026-11-21 22:26/);
  });

  it('is what safelist refuses, and what it would refuse', async () => {
    answer('GET /admin/audit', answers);
    const { out } = await run('audit');
    expect(out).toMatch(/ios +3\.0\.0 +refused +PERSISTED_QUERY_RETIRED +One +one +9/);
    expect(out).toMatch(/web +1\.4\.0 +ran +QUERY_NOT_IN_SAFELIST +- +- +7/);
  });

  it('is one operation, by id, by name, or by the beginning of its id', async () => {
    answer('GET /admin/operations/one', shown);
    answer('GET /admin/live-operations', { operations: [live('one', 'One'), live('two', 'Two')] });
    for (const wanted of ['one', 'One', 'on']) {
      const { exitCode, out } = await run('show', wanted);
      expect(exitCode).toBe(0);
      expect(out).toMatch(/cost +12, \$first up to 100\n +cache +never, private/);
      expect(out).toMatch(/ios +5\.2\.0 +published +restore by release-bot +2026-11-21 22:26/);
      expect(out).toContain('query One {\n    a\n  }\n');
    }
  });

  it('is that an operation costs more than a new one may', async () => {
    answer('GET /admin/operations/one', { ...shown, cost: 20_201, isOverCostLimit: true });
    const { exitCode, out } = await run('show', 'one');
    expect(exitCode).toBe(0);
    expect(out).toMatch(/cost +20201 \(over the limit for new operations\), \$first up to 100\n/);
  });

  it('is that a name is not there, or not unique', async () => {
    answer('GET /admin/live-operations', { operations: [live('one', 'Same'), live('two', 'Same')] });
    const twice = await run('show', 'Same');
    expect(twice.exitCode).toBe(1);
    expect(twice.err).toMatch(/2 live operations are called Same:\n {2}Same {2}one .*\n {2}Same {2}two/);
    expect((await run('show', 'Other')).exitCode).toBe(1);
  });

  it.each(['list', 'usage', 'audit', 'show one'])(
    'is JSON and nothing else with %s --json',
    async (command) => {
      answer('GET /admin/usage', answers);
      answer('GET /admin/audit', answers);
      answer('GET /admin/operations/one', shown);
      const { out } = await run(...command.split(' '), '--json');
      expect(JSON.parse(out)).toBeTypeOf('object');
    },
  );

  it('is JSON with --json where it is refused, too', async () => {
    const { exitCode, out } = await run('rollback', '--client', 'ios', '--version', '1.0.0', '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(out)).toEqual({
      problems: [{ code: 'UNKNOWN_RELEASES', message: 'refused: UNKNOWN_RELEASES' }],
    });
  });

  it('comes from the gateway of OPERATIONS_URL, with the key of OPERATIONS_KEY before ADMIN_KEY', async () => {
    for (const environment of [
      { OPERATIONS_URL: url, OPERATIONS_KEY: STUB_KEY, ADMIN_KEY: 'another' },
      { OPERATIONS_URL: url, OPERATIONS_KEY: '', ADMIN_KEY: STUB_KEY },
    ]) {
      const { exitCode, out } = await runOperations(['list'], { environment });
      expect([exitCode, out]).toEqual([0, 'No releases.\n']);
    }
    const options = ['list', '--url', url, '--key', STUB_KEY];
    const elsewhere = { OPERATIONS_URL: 'http://localhost:1', OPERATIONS_KEY: 'another' };
    expect((await runOperations(options, { environment: elsewhere })).exitCode).toBe(0);
    expect(
      (await runOperations(['list'], { environment: { ...elsewhere, OPERATIONS_URL: 'x' } })).exitCode,
    ).toBe(2);
  });

  it('is why a key with too low a role is refused', async () => {
    stub.fixed.set('GET /admin/releases', refused(403, 'FORBIDDEN'));
    const { exitCode, out, err } = await run('list');
    expect([exitCode, out]).toEqual([1, '']);
    expect(err).toContain('refused: FORBIDDEN');
  });

  it('takes the options of every command before its name too', async () => {
    answer('GET /admin/usage', answers);
    const { exitCode, out } = await runOperations(['--url', url, '--json', 'usage'], { environment });
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ days: 30, usage: [{ count: 1204 }, { count: 3 }] });
  });

  it('is aligned where names have wide characters', () => {
    const text = table(
      ['client', 'count'],
      [
        ['日本', 3],
        ['ios', 1204],
      ],
      ['count'],
    );
    expect(stripVTControlCharacters(text)).toBe('  client  count\n  日本        3\n  ios      1204');
  });

  it('never obeys what a client calls itself', () => {
    expect(stripVTControlCharacters(table(['client'], [['ios\u001b[2J\u202e\n']]))).toBe(
      '  client\n  ios\\u{1b}[2J\\u{202e}\\u{a}',
    );
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
