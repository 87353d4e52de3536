import { stripVTControlCharacters } from 'node:util';
import { buildSchema } from 'graphql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { table } from '../../../scripts/operations/table.ts';
import { AdminStub, refused, STUB_KEY } from '../../support/admin-stub.ts';
import { runOperations } from '../../support/run-operations.ts';

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

  const steered = {
    operations: [
      { id: 'one', name: 'One', kind: 'query' },
      { id: 'relay', name: 'One', kind: 'query' },
    ],
    changed: ['one'],
    visibleEverywhereAt: '2026-11-26T17:01:50.000Z',
  };

  it('is each operation that is switched off or on, and what caches and browsers keep', async () => {
    const cachePolicy = { ...shown.cachePolicy, maxAgeSeconds: 300, scope: 'public' };
    answer('GET /admin/operations/one', { ...shown, cachePolicy });
    answer('POST /admin/operations/off', { ...steered, purge: 'purged' });
    const { exitCode, out } = await run('off', 'one');
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^Switched off:\n\n +name +kind +id\n +One +query +one\n +One +query +relay\n/);
    expect(out).toContain('Every location has it from 2026-11-26T17:01:50.000Z on.');
    expect(out).toMatch(/Caches in front have dropped .* Browsers keep answers for their max-age of 300 s\./);
    answer('POST /admin/operations/off', { ...steered, changed: [], purge: 'none' });
    expect((await run('off', 'one')).out).toMatch(/^It is switched off already[\s\S]* can be purged/);
    answer('POST /admin/operations/on', steered);
    expect((await run('on', 'one')).out).toMatch(/^Switched on:/);
  });

  it('is the time limit of an operation, which is given or taken away', async () => {
    answer('GET /admin/operations/one', shown);
    answer('POST /admin/operations/limit', steered);
    expect((await run('limit', 'one', '--ms', '500')).out).toMatch(/^Limited to 500 ms:/);
    expect((await run('limit', 'one', '--none')).out).toMatch(/^Without a limit now:/);
    for (const wrong of [[], ['--ms', '0'], ['--ms', '30001'], ['--ms', '5', '--none']])
      expect((await run('limit', 'one', ...wrong)).exitCode, wrong.join(' ')).toBe(2);
  });

  it('is in list and show that an operation is off or limited, and who did it', async () => {
    const steering = { offSince: USED_AT, timeLimitMs: 500, changedAt: USED_AT, changedBy: 'on-call' };
    answer('GET /admin/releases', { releases: [], steered: [{ id: 'one', name: 'One', ...steering }] });
    answer('GET /admin/operations/one', { ...shown, steering });
    const said = 'switched off since 2026-11-21 22:26 UTC, limited to 500 ms, changed by on-call';
    expect((await run('list')).out).toMatch(new RegExp(`One +one +${said}`));
    expect((await run('show', 'one')).out).toContain(`live, ${said}`);
  });

  it('is what would end with releases, for whom, and if retire would refuse', async () => {
    stub.releases.set('ios 4.9.0', { state: 'published', sunset: null, operationIds: [], previous: null });
    const ending = [{ id: 'one', name: 'One', kind: 'query', count: 3, lastUsedAt: USED_AT }];
    const usedBy = [
      { client: 'ios', version: '4.9.0', operationId: 'one', name: 'One', count: 2, lastUsedAt: USED_AT },
      { client: '', version: '', operationId: 'one', name: 'One', count: 1, lastUsedAt: USED_AT },
    ];
    const impact = { ending, usedBy, livingOn: 7, usesUnknownSince: USED_AT, isInUse: true };
    answer('POST /admin/releases/impact', impact);
    const { exitCode, out } = await run('impact', '--client', 'ios', '--version', '<5');
    expect(exitCode).toBe(0);
    expect(out).toContain('would end by retiring ios 4.9.0: 1. Others live on in other releases: 7.');
    expect(out).toMatch(/One +query +one +3 +2026-11-21 22:26/);
    expect(out).toMatch(/Used by:\n.*\n +ios +4\.9\.0 +One +one +2 .*\n +- +- +One +one +1 /);
    expect(out).toContain('retire would refuse');
    expect(out).toContain('Nothing is changed.');
    answer('POST /admin/releases/impact', { ...impact, ending: [], usedBy: [], isInUse: false });
    expect((await run('impact', '--client', 'ios', '--version', '<5')).out).toContain('would not refuse');
  });

  it('is the record of a room, page after page', async () => {
    const none = { sequence: null, userId: null, seconds: null, reason: null };
    const acts = [
      {
        ...none,
        number: 1,
        at: USED_AT,
        actorId: 'usr_mod',
        action: 'ban',
        userId: 'usr_b',
        seconds: 600,
        reason: 'a \u001b[31mthief',
      },
      { ...none, number: 2, at: USED_AT, actorId: null, action: 'hold_back', sequence: 7 },
    ];
    answer('GET /admin/chat/record', { room: 'project:prj_a', acts, next: null });
    const { exitCode, out } = await run('chat-record', 'project:prj_a');
    expect(exitCode).toBe(0);
    expect(out).toMatch(/1 +2026-11-21 22:26:\d\d +usr_mod +ban +- +usr_b +600 +a .*thief/);
    expect(out).toMatch(/2 +2026-11-21 22:26:\d\d +the room +hold_back +7 +- +- +-/);
    expect(out).not.toContain('\u001b[31mthief');
    answer('GET /admin/chat/record', { room: 'project:prj_a', acts: [], next: null });
    expect((await run('chat-record', 'project:prj_a')).out).toContain(
      'Nothing is recorded of project:prj_a.',
    );
    expect((await run('chat-record', 'project:prj_a', '--after', 'x')).exitCode).toBe(2);
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
