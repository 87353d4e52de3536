import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSchema } from '../../../scripts/operations/read-schema.ts';
import { AdminStub, STUB_KEY } from '../../support/admin-stub.ts';
import { runOperations } from '../../support/run-operations.ts';

const root = new URL('../../../', import.meta.url).pathname;
const schema = readSchema(`${root}schema/schema.graphql`);
const folder = mkdtempSync(path.join(tmpdir(), 'com2000-publish-'));
afterAll(() => rmSync(folder, { recursive: true }));

const idOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const numbered = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) => `query Number${from + at} { trendingProjects { id } }`);
const ids = (documents: string[]) => documents.map(idOf);

function manifest(documents: string[], name = 'manifest'): string {
  const file = path.join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(Object.fromEntries(documents.map((text) => [idOf(text), text]))));
  return file;
}

let stub: AdminStub;
let url: string;
beforeEach(async () => {
  stub = new AdminStub(schema);
  url = await stub.listen();
});
afterEach(() => stub.close());

const publishArgs = (file: string, ...more: string[]) => [
  ...['publish', '--client', 'ios', '--version', '5.2.0', file, '--url', url],
  ...more,
];
const publish = (file: string, ...more: string[]) =>
  runOperations(publishArgs(file, ...more), { environment: { ADMIN_KEY: STUB_KEY } });

describe('publish', () => {
  it('stores what is new, makes the release, and says what it costs and when it is everywhere', async () => {
    const { exitCode, out } = await publish(manifest(numbered(2)));
    expect(exitCode).toBe(0);
    expect(stub.visible()).toEqual({ 'ios 5.2.0': ids(numbered(2)) });
    expect(out).toContain('ios 5.2.0 is published: 2 new, 0 known from other releases, 0 unchanged, 0 gone.');
    expect(out).not.toContain('semver');
    expect(out).toMatch(/name +id +cost +cache +scope +tags/);
    expect(out).toMatch(/Number0 +sha256:[0-9a-f]{12} +\d+ +60 s +public +prices/);
    expect(out).toContain('Every location serves it from 2026-11-22T16:20:00Z on.');
  });

  it('changes nothing the second time, and stores nothing again', async () => {
    await publish(manifest(numbered(3)));
    stub.calls = [];
    const { exitCode, out } = await publish(manifest(numbered(3)));
    expect(exitCode).toBe(0);
    expect(out).toContain('ios 5.2.0 is the same already: nothing changes.');
    expect(stub.calls).not.toContain('PUT /admin/operations');
  });

  it('says that a release with the same content has ended', async () => {
    await publish(manifest(numbered(3)));
    const release = stub.releases.get('ios 5.2.0');
    if (release) release.state = 'retired';
    const { exitCode, out } = await publish(manifest(numbered(3)));
    expect(exitCode).toBe(0);
    expect(out).toContain('It is retired, as before: restore makes it published again.');
  });

  it('keeps the state of the release that it replaces, and says so', async () => {
    await publish(manifest(numbered(3)));
    const release = stub.releases.get('ios 5.2.0');
    if (release) release.state = 'deprecated';
    const { out } = await publish(manifest(numbered(2)), '--replace');
    expect(out).toContain('It is deprecated, as before: restore makes it published again.');
    expect(stub.releases.get('ios 5.2.0')?.state).toBe('deprecated');
  });

  it('calls new only what is new to the registry', async () => {
    await publish(manifest(numbered(3)));
    const args = ['--client', 'web', '--version', '1.0.0', manifest(numbered(3, 2)), '--url', url, '--json'];
    const environment = { ADMIN_KEY: STUB_KEY };
    const { out } = await runOperations(['publish', ...args], { environment });
    const names = (list: { name: string }[]) => list.map(({ name }) => name);
    expect(names(JSON.parse(out).new)).toEqual(['Number3', 'Number4']);
    const text = await runOperations(['publish', ...args.slice(0, -1), '--dry-run'], { environment });
    expect(text.out).toContain('web 1.0.0 is the same already');
    await publish(manifest(numbered(1)), '--replace');
    const { out: replaced } = await publish(manifest(numbered(3, 2)), '--replace');
    expect(replaced).toContain('0 new, 3 known from other releases, 0 unchanged, 1 gone.');
    expect(replaced).toMatch(/Came into it from other releases:\n +name +id\n +Number2 +sha256:/);
    expect(replaced).toMatch(/refused with 404:\n +name +id\n +Number0 +sha256:/);
  });

  it('refuses other content for the same release before it stores any, and takes it with --replace', async () => {
    await publish(manifest(numbered(2)));
    const refused = await publish(manifest(numbered(2, 1)));
    expect(refused.exitCode).toBe(1);
    expect(refused.err).toContain('1 would come into it, 1 would go.');
    expect(refused.err).toMatch(/Would come:\n.*\n +Number2 +sha256:.*\nWould go:\n.*\n +Number0 +sha256:/);
    expect(refused.err).toContain('--replace puts this in its place.');
    expect([...stub.operations.keys()]).toEqual(ids(numbered(2)));

    const { exitCode, out } = await publish(manifest(numbered(2, 1)), '--replace');
    expect(exitCode).toBe(0);
    expect(out).toContain('1 new, 0 known from other releases, 1 unchanged, 1 gone');
    expect(out).toMatch(/Gone from it:\n +name +id\n +Number0 +sha256:/);
    expect(out).toContain(idOf(numbered(1)[0] ?? ''));
    expect(stub.visible()).toEqual({ 'ios 5.2.0': ids(numbered(2, 1)) });
  });

  it('stores nothing when one document of many is bad, and names every one that is', async () => {
    const bad = ['query Bad1 { nonsense }', 'query Bad2 { rubbish }'];
    const { exitCode, out, err } = await publish(manifest([...numbered(500), ...bad]));
    expect(exitCode).toBe(1);
    expect(out).toBe('');
    expect(err).toContain(`Bad1 (${idOf('query Bad1 { nonsense }')}): DOCUMENT_INVALID`);
    expect(err).toContain('Bad2');
    expect(err).toContain('Nothing is published: 2 problems.');
    expect(stub.calls.every((call) => call === 'POST /admin/operations/check')).toBe(true);
    expect(stub.operations.size).toBe(0);
  });

  it('asks for --force where an operation is over the cost limit, and marks it', async () => {
    const dear = [`query Dear { trendingProjects { ${'id '.repeat(400)} } }`];
    const refused = await publish(manifest(dear));
    expect(refused.exitCode).toBe(1);
    expect(refused.err).toContain('--force publishes it as it is');
    expect(stub.operations.size).toBe(0);
    const { exitCode, out } = await publish(manifest(dear), '--force');
    expect(exitCode).toBe(0);
    expect(out).toContain('over the limit');
  });

  it('does not let --force pass a document that is bad', async () => {
    const { exitCode } = await publish(manifest(['query Bad { nonsense }']), '--force');
    expect(exitCode).toBe(1);
    expect(stub.operations.size).toBe(0);
  });

  it.each(['5.2', 'nightly', '5.2.0.1'])('warns that no range contains the version %s', async (version) => {
    const args = ['publish', '--client', 'ios', '--version', version, manifest(numbered(1)), '--url', url];
    const environment = { ADMIN_KEY: STUB_KEY };
    const { exitCode, out } = await runOperations(args, { environment });
    expect(exitCode).toBe(0);
    expect(out).toContain(`${version} is not a semver version such as 5.2.0, so no range`);
    const asJson = await runOperations([...args, '--json'], { environment });
    expect(JSON.parse(asJson.out).warnings).toHaveLength(1);
  });

  it.each([
    ['--client', 'i~os'],
    ['--version', '5~2'],
    ['--version', '..'],
  ])(
    'refuses a name in %s that no id or path could carry, before it asks the gateway',
    async (option, name) => {
      const { exitCode, err } = await publish(manifest(numbered(1)), option, name);
      expect(exitCode).toBe(2);
      expect(err).toMatch(/It contains "~"|It is no name/);
      expect(stub.calls).toEqual([]);
    },
  );

  it('stores nothing in a dry run', async () => {
    const { exitCode, out } = await publish(manifest(numbered(2)), '--dry-run');
    expect(exitCode).toBe(0);
    expect(out).toContain('would be published: 2 new');
    expect(stub.operations.size).toBe(0);
    expect(stub.releases.size).toBe(0);
  });

  it.each([
    'apollo-web.json',
    'apollo-ios-legacy.json',
    'codegen-sha1.json',
    'cosmo.json',
    'cosmo-operation',
    'relay.json',
    '../documents',
  ])('takes what real tools write: %s', async (source) => {
    const { exitCode, err } = await publish(`${root}test/clients/manifests/${source}`, '--force');
    expect(err).toBe('');
    expect(exitCode).toBe(0);
    expect(stub.visible()['ios 5.2.0']?.length).toBeGreaterThan(0);
  });

  it('draws a bar on a terminal only, and none with --json', async () => {
    const environment = { ADMIN_KEY: STUB_KEY };
    const args = publishArgs(manifest(numbered(450)));
    const drawn = await runOperations(args, { environment, onTerminal: true });
    expect(drawn.drawn).toMatch(/checking +\[#{13}\.{17}\] 200\/450/);
    expect(drawn.drawn).toMatch(/storing/);
    expect(drawn.drawn.endsWith('\r\u001b[K')).toBe(true);
    const plain = await runOperations([...args, '--json'], { environment, onTerminal: true });
    expect(plain.drawn).toBe('');
    expect(JSON.parse(plain.out)).toMatchObject({ client: 'ios', changed: false });
  });
});

/** 250 operations: two checks, one plan, two stores, one release. */
const CALLS = 6;
const cuts = Array.from({ length: CALLS }, (_, at) => at + 1);

describe('a publish that ends too early', () => {
  const before = numbered(250);
  const after = numbered(250, 250);
  const states = [ids(before), ids(after)];

  it.each(cuts.flatMap((call) => [[call, 'before'] as const, [call, 'after'] as const]))(
    'at call %i, %s its work, leaves the old release or the new one, and is made good by another',
    async (call, when) => {
      await publish(manifest(before, 'before'));
      stub.calls = [];
      stub.cut = { call, when };
      const { exitCode, err } = await publish(manifest(after, 'after'), '--replace');
      expect(exitCode).toBe(3);
      expect(err).toContain('No answer from');
      expect(stub.calls.length).toBe(call);
      const isNew = call === CALLS && when === 'after';
      expect(stub.visible()).toEqual({ 'ios 5.2.0': states[isNew ? 1 : 0] });

      stub.cut = undefined;
      expect((await publish(manifest(after, 'after'), '--replace')).exitCode).toBe(0);
      expect(stub.visible()).toEqual({ 'ios 5.2.0': states[1] });
    },
  );

  it.each([1, 3, 5, CALLS])('because it is killed at call %i, leaves the old or the new', async (call) => {
    await publish(manifest(before, 'before'));
    stub.calls = [];
    const args = ['scripts/operations/cli.ts', ...publishArgs(manifest(after, 'after'), '--replace')];
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, ADMIN_KEY: STUB_KEY },
      stdio: 'ignore',
    });
    stub.onCall = (count) => {
      if (count === call) child.kill('SIGKILL');
    };
    const [, signal] = await once(child, 'exit');
    expect(signal).toBe('SIGKILL');
    expect(states).toContainEqual(stub.visible()['ios 5.2.0']);
  });
});
