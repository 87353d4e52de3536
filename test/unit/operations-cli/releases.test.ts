import fc from 'fast-check';
import semver from 'semver';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSchema } from '../../../scripts/operations/read-schema.ts';
import { inRange } from '../../../scripts/operations/releases-in-range.ts';
import { AdminStub, refused, STUB_KEY } from '../../support/admin-stub.ts';
import { runOperations } from '../../support/run-operations.ts';

const schema = readSchema(new URL('../../../schema/schema.graphql', import.meta.url).pathname);

let stub: AdminStub;
let url: string;
beforeEach(async () => {
  stub = new AdminStub(schema);
  url = await stub.listen();
  for (const version of ['4.8.0', '4.9.0-beta.1', '4.9.0', '5.0.0-rc.1', '5.0.0', '5.1', 'nightly'])
    stub.releases.set(`ios ${version}`, {
      state: 'published',
      sunset: null,
      operationIds: ['new'],
      previous: null,
    });
});
afterEach(() => stub.close());

const run = (...args: string[]) =>
  runOperations([...args, '--url', url], { environment: { ADMIN_KEY: STUB_KEY } });
const inState = (state: string) =>
  [...stub.releases].filter(([, release]) => release.state === state).map(([name]) => name);

describe('a range of versions', () => {
  const versions = ['4.8.0', '4.9.0-beta.1', '4.9.0', '5.0.0-rc.1', '5.0.0', '5.1', 'nightly', '5.0.0+7'];
  const releases = versions.map((version) => ({ version }));
  it.each([
    ['<5.0', ['4.8.0', '4.9.0-beta.1', '4.9.0']],
    ['<5.0.0', ['4.8.0', '4.9.0-beta.1', '4.9.0']],
    ['<=4.9.0', ['4.8.0', '4.9.0-beta.1', '4.9.0']],
    ['<4.9.0', ['4.8.0']],
    ['>=5.0.0', ['5.0.0-rc.1', '5.0.0', '5.0.0+7']],
    ['>4.9.0', ['5.0.0-rc.1', '5.0.0', '5.0.0+7']],
    ['=4.9.0', ['4.9.0-beta.1', '4.9.0']],
    ['4.8.0 - 4.9.0', ['4.8.0', '4.9.0-beta.1', '4.9.0']],
    ['<4.9.0-beta.2', ['4.8.0', '4.9.0-beta.1']],
    ['>4.9.0-beta.1 <5', ['4.9.0']],
    ['<4.9.0 || 5.x', ['4.8.0', '5.0.0-rc.1', '5.0.0', '5.0.0+7']],
    ['4.9.0', ['4.9.0']],
    ['5.0.0+8', ['5.0.0', '5.0.0+7']],
    ['6.0.0', []],
    ['4.9.x', ['4.9.0-beta.1', '4.9.0']],
    ['>=4.9 <5', ['4.9.0-beta.1', '4.9.0']],
    ['5.1', ['5.1']],
    ['nightly', ['nightly']],
    ['^5.0.0', ['5.0.0-rc.1', '5.0.0', '5.0.0+7']],
    ['*', ['4.8.0', '4.9.0-beta.1', '4.9.0', '5.0.0-rc.1', '5.0.0', '5.0.0+7']],
  ])('%s means %j', (range, expected) => {
    expect(inRange(releases, range).map(({ version }) => version)).toEqual(expected);
  });

  const number = fc.nat({ max: 3 });
  const release = fc.tuple(number, number, number).map((parts) => parts.join('.'));
  const comparator = fc.oneof(
    fc.tuple(fc.constantFrom('<', '<=', '>', '>=', '=', '^', '~'), release).map((parts) => parts.join('')),
    fc
      .tuple(fc.constantFrom('<', '<=', '>', '>=', '^', '~', ''), number, number)
      .map(([sign, major, minor]) => `${sign}${major}.${minor}`),
    fc.tuple(number, fc.constantFrom('x', 'x.x')).map((parts) => parts.join('.')),
    fc.tuple(release, release).map((parts) => parts.join(' - ')),
    fc.constant('*'),
  );
  const range = fc
    .array(
      fc.array(comparator, { minLength: 1, maxLength: 2 }).map((all) => all.join(' ')),
      { minLength: 1, maxLength: 2 },
    )
    .map((all) => all.join(' || '))
    .filter((text) => semver.validRange(text) !== null);
  const contains = (text: string, version: string) => inRange([{ version }], text).length === 1;

  it('contains a prerelease if it contains the version that it leads to, whatever its comparators', () => {
    fc.assert(
      fc.property(range, release, fc.constantFrom('0', 'beta.1', 'rc.2.x'), (text, version, prerelease) => {
        expect(contains(text, `${version}-${prerelease}`)).toBe(contains(text, version));
      }),
    );
  });

  it('contains the versions without a prerelease that semver says', () => {
    fc.assert(
      fc.property(range, release, (text, version) => {
        expect(contains(text, version)).toBe(semver.satisfies(version, text));
      }),
    );
  });

  it('is refused where it is neither a range nor a version of a release', () => {
    expect(() => inRange(releases, 'weekly')).toThrow('weekly is neither the version of a release');
  });
});

describe('deprecate', () => {
  const args = ['deprecate', '--client', 'ios', '--version', '<5.0', '--sunset', '2027-06-01'];

  it('deprecates the range and nothing else, and says so', async () => {
    const { exitCode, out } = await run(...args);
    expect(exitCode).toBe(0);
    expect(inState('deprecated')).toEqual(['ios 4.8.0', 'ios 4.9.0-beta.1', 'ios 4.9.0']);
    expect(stub.releases.get('ios 4.9.0')?.sunset).toBe(Date.UTC(2027, 5, 1) / 1000);
    expect(out).toContain('Deprecated until 2027-06-01:');
    expect(out).toMatch(/ios +4\.9\.0 +deprecated/);
    expect(out).toContain('In no range: 5.1, nightly. A version that is not semver is in no range');
    expect((await run('list')).out).toMatch(/ios +4\.9\.0 +deprecated +1 .* 2027-06-01/);
  });

  it('leaves what is retired, and says so', async () => {
    await run('retire', '--client', 'ios', '--version', '4.8.0');
    const { out } = await run(...args);
    expect(out).toContain('Unchanged: ios 4.8.0 is retired.');
    const only = args.with(4, '4.8.0');
    expect((await run(...only)).out).toBe('Nothing changes: ios 4.8.0 is retired.\n');
    expect(inState('retired')).toEqual(['ios 4.8.0']);
  });

  it.each(['2027-06-31', '1st of June', '2027-6-1', '2020-01-01'])(
    'exits with 2 for the date %s',
    async (date) => {
      const { exitCode } = await run('deprecate', '--client', 'ios', '--version', '<5.0', '--sunset', date);
      expect(exitCode).toBe(2);
      expect(inState('deprecated')).toEqual([]);
    },
  );

  it.each([
    ['a client', ['--client', 'isO', '--version', '<5.0']],
    ['a release', ['--client', 'ios', '--version', '<4.0']],
  ])('exits with 1 where there is no such %s', async (_what, more) => {
    const { exitCode, err } = await run('deprecate', ...more, '--sunset', '2027-06-01');
    expect(exitCode).toBe(1);
    expect(err).toMatch(
      /no releases of isO|No release of ios is <4\.0; there are 4\.8\.0, .*In no range: 5\.1, nightly\./,
    );
  });
});

describe('retire', () => {
  const args = ['retire', '--client', 'ios', '--version', '<4.9'];

  it('retires the range, and changes nothing the second time', async () => {
    expect((await run(...args)).exitCode).toBe(0);
    expect(inState('retired')).toEqual(['ios 4.8.0']);
    await run('restore', '--client', 'ios', '--version', '4.8.0');
    expect((await run(...args)).out).toContain('UTC are unknown in part');
    const again = await run(...args);
    expect(again).toMatchObject({ exitCode: 0, out: 'Nothing changes: ios 4.8.0 is retired.\n' });
  });

  it('says by whom it is still used where that is why it is refused', async () => {
    const usedBy = [
      { client: 'ios', version: '4.8.0', operationId: 'a', name: 'First', lastUsedAt: 1_795_000_000 },
      { client: '', version: '', operationId: 'b', name: 'Second', lastUsedAt: 1_795_300_000 },
    ];
    const details = { usedBy, usesUnknownSince: 1_795_300_000 };
    stub.fixed.set('POST /admin/releases/retire', refused(409, 'STILL_USED', details));
    const { exitCode, err } = await run(...args);
    expect(exitCode).toBe(1);
    expect(err).toMatch(/- +- +Second +b +2026-11-21 22:26\n +ios +4\.8\.0 +First +a +2026-11-18/);
    expect(err).toContain('Uses since 2026-11-21 22:26:40 UTC are unknown in part');
    expect(err).toContain('--force retires them all the same');
    expect(inState('retired')).toEqual([]);
  });
});

describe('restore', () => {
  it('undoes deprecate and retire for the range and nothing else', async () => {
    await run('deprecate', '--client', 'ios', '--version', '<6.0', '--sunset', '2027-06-01');
    await run('retire', '--client', 'ios', '--version', '4.9.0');
    const { exitCode, out } = await run('restore', '--client', 'ios', '--version', '4.9.x');
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^Restored:\n\n.*\n +ios +4\.9\.0-beta\.1 +published\n +ios +4\.9\.0 +published/);
    expect(inState('retired')).toEqual([]);
    expect(inState('deprecated')).toEqual(['ios 4.8.0', 'ios 5.0.0-rc.1', 'ios 5.0.0']);
    expect((await run('restore', '--client', 'ios', '--version', '4.9.x')).out).toBe(
      'Nothing changes: ios 4.9.0-beta.1 is published, ios 4.9.0 is published.\n',
    );
  });
});

describe('rollback', () => {
  it('puts back what was published before, and says what came, what is gone and that it still has ended', async () => {
    stub.operations.set('old', 'query Old { a }').set('new', 'query New { a }');
    stub.releases.set('ios 5.0.0', {
      state: 'retired',
      sunset: null,
      operationIds: ['new'],
      previous: ['old'],
    });
    const { exitCode, out } = await run('rollback', '--client', 'ios', '--version', '5.0.0');
    expect(exitCode).toBe(0);
    expect(out).toContain('ios 5.0.0 carries again what was published 2026-11-18 11:06 UTC: 1 came, 1 gone.');
    expect(out).toContain('It is retired, as before');
    expect(out).toMatch(/Came into it:\n +name +id\n +Old +old\n\nGone from it:\n +name +id\n +New +new/);
    expect(stub.visible()['ios 5.0.0']).toEqual(['old']);
  });

  it('exits with 1 where there was nothing before', async () => {
    const { exitCode, err } = await run('rollback', '--client', 'ios', '--version', '4.8.0');
    expect(exitCode).toBe(1);
    expect(err).toContain('NO_PREVIOUS_PUBLISH');
  });

  it('exits with 1 and says why where somebody else changed the release at the same time', async () => {
    stub.fixed.set('POST /admin/releases/rollback', refused(409, 'CHANGED_MEANWHILE'));
    const { exitCode, out, err } = await run('rollback', '--client', 'ios', '--version', '5.0.0');
    expect([exitCode, out]).toEqual([1, '']);
    expect(err).toContain('CHANGED_MEANWHILE');
  });
});
