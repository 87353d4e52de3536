import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import { WRONG_KEYS_MAX } from '../../src/http/admin-keys.ts';
import { ADMIN_KEY, adminOf, operationNamed, sha256Of } from '../support/admin.ts';
import { startGateway } from '../support/gateway.ts';
import { type Serving, startServing } from '../support/serving-bench.ts';

let serving: Serving;
let admin: ReturnType<typeof adminOf>;
beforeEach(async () => {
  serving = await startServing({ crons: [], vars: { ADMIN_KEY, OPERATIONS_MODE: 'id_only' } });
  admin = adminOf(serving.gateway);
});

describe('the admin key', () => {
  test('unset means that nothing is there', async () => {
    const gateway = startGateway(serving.market, { ADMIN_KEY: undefined });
    for (const path of ['/releases', '/operations', '/']) {
      const answer = await adminOf(gateway).get(path);
      expect(answer).toMatchObject({ status: 404, code: 'NOT_FOUND' });
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
  });

  test('wrong or missing is refused, before anything is told of what is there', async () => {
    for (const key of ['', 'wrong', `${ADMIN_KEY}x`, ADMIN_KEY.slice(0, -1), ADMIN_KEY.toUpperCase()]) {
      const answer = await adminOf(serving.gateway, key).get('/nothing');
      expect(answer).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
    const bare = await serving.gateway.fetch('/admin/releases');
    expect(bare.status).toBe(401);
    expect(serving.written()).not.toContain(ADMIN_KEY);
  });

  test('wrong too often is told to wait, while the right one passes', async () => {
    const guess = () => adminOf(serving.gateway, 'a-guess').get('/releases');
    for (let time = 0; time < WRONG_KEYS_MAX; time += 1) expect((await guess()).status).toBe(401);
    await serving.gateway.advance(20);
    const limited = await guess();
    expect(limited).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect(limited.headers.get('retry-after')).toBe('40');
    expect((await admin.get('/releases')).status).toBe(200);
    await serving.gateway.advance(40);
    expect((await guess()).status).toBe(401);
  });
});

describe('the keys of OPERATIONS_KEYS', () => {
  const keyOf = (role: string) => `the-${role}-key-of-somebody`;
  const ROLES = ['read', 'publish', 'administer'];
  const keysFor = async (roles: string[]) =>
    JSON.stringify(
      await Promise.all(
        roles.map(async (role) => ({
          name: `${role}-bot`,
          role,
          sha256: (await sha256Of(keyOf(role))).slice('sha256:'.length),
        })),
      ),
    );
  const gatewayWith = async (vars: Record<string, string | undefined>) =>
    startGateway(serving.market, {
      OPERATIONS_MODE: 'id_only',
      OPERATIONS_KEYS: await keysFor(ROLES),
      ...vars,
    });

  test('may do what their role allows, and nothing more', async () => {
    const gateway = await gatewayWith({ ADMIN_KEY });
    const one = await operationNamed('One');
    const requests: [needs: string, ask: (as: ReturnType<typeof adminOf>) => Promise<{ status: number }>][] =
      [
        ['read', (as) => as.get('/releases')],
        ['read', (as) => as.get('/usage')],
        ['read', (as) => as.get('/audit')],
        ['read', (as) => as.get('/live-operations')],
        ['read', (as) => as.get('/chat/record?room=project:prj_none')],
        ['read', (as) => as.get(`/operations/${encodeURIComponent(manifest.operations[0]?.id ?? '')}`)],
        ['publish', (as) => as.send('POST', '/operations/check', { operations: [one] })],
        ['publish', (as) => as.store([one])],
        ['publish', (as) => as.put('ios', '1.0.0', [one.id], { dryRun: true })],
        ['publish', (as) => as.put('ios', '1.0.0', [one.id])],
        [
          'publish',
          (as) => as.put('ios', '1.0.0', [one.id, manifest.operations[0]?.id ?? ''], { replace: true }),
        ],
        ['read', (as) => as.send('POST', '/releases/impact', { client: 'ios', versions: ['1.0.0'] })],
        ['administer', (as) => as.send('POST', '/operations/off', { id: one.id })],
        ['administer', (as) => as.send('POST', '/operations/on', { id: one.id })],
        ['administer', (as) => as.send('POST', '/operations/limit', { id: one.id, timeLimitMs: 500 })],
        ['administer', (as) => as.send('POST', '/caches/purge')],
        ['administer', (as) => as.rollback('ios', '1.0.0')],
        ['administer', (as) => as.deprecate('ios', ['1.0.0'], '2027-06-01')],
        ['administer', (as) => as.retire('ios', ['1.0.0'])],
        ['administer', (as) => as.restore('ios', ['1.0.0'])],
      ];
    for (const [needs, ask] of requests) {
      for (const role of ROLES) {
        const answer = await ask(adminOf(gateway, keyOf(role)));
        if (ROLES.indexOf(role) >= ROLES.indexOf(needs)) continue;
        expect(answer, `${role} of ${needs}`).toMatchObject({ status: 403, code: 'FORBIDDEN' });
      }
      // The highest role that was just allowed to has done it, so a second time is no change or a conflict.
      expect([200, 409]).toContain((await ask(adminOf(gateway, ADMIN_KEY))).status);
    }
    for (const [needs, ask] of requests.slice(0, 9))
      expect((await ask(adminOf(gateway, keyOf(needs)))).status, needs).toBe(200);
    const { body } = await adminOf(gateway, keyOf('read')).retire('ios', ['1.0.0']);
    expect(JSON.stringify(body)).toContain('The key read-bot has the role read; this needs administer.');
  });

  test('work without ADMIN_KEY, and an unknown key is none of them', async () => {
    const gateway = await gatewayWith({ ADMIN_KEY: undefined });
    expect((await adminOf(gateway, keyOf('read')).get('/releases')).status).toBe(200);
    const hash = (await sha256Of(keyOf('administer'))).slice('sha256:'.length);
    for (const key of [ADMIN_KEY, '', hash, 'read-bot', `${keyOf('read')}x`]) {
      expect(await adminOf(gateway, key).get('/releases')).toMatchObject({
        status: 401,
        code: 'UNAUTHENTICATED',
      });
    }
    expect((await adminOf(gateway, keyOf('publish')).get('/nothing')).status).toBe(404);
  });

  test('unset or empty beside no ADMIN_KEY mean that nothing is there', async () => {
    for (const OPERATIONS_KEYS of [undefined, '', '[]']) {
      const gateway = await gatewayWith({ ADMIN_KEY: undefined, OPERATIONS_KEYS });
      expect((await adminOf(gateway).get('/releases')).status).toBe(404);
    }
  });

  test('malformed stop the gateway with a log line that has no part of them', async () => {
    const OPERATIONS_KEYS = JSON.stringify([{ name: 'ci', role: 'publish', sha256: keyOf('publish') }]);
    const gateway = await gatewayWith({ ADMIN_KEY, OPERATIONS_KEYS });
    for (const path of ['/graphql?query={__typename}', '/health', '/admin/releases'])
      expect((await gateway.fetch(path)).status).toBe(503);
    expect(serving.written()).toContain('key 1: sha256 must be the SHA-256 of the key');
    expect(serving.written()).not.toContain(keyOf('publish'));
  });

  test('stand by name in the record of each change, for the release and for the operation', async () => {
    const gateway = await gatewayWith({ ADMIN_KEY });
    const [publisher, owner] = [adminOf(gateway, keyOf('publish')), adminOf(gateway, keyOf('administer'))];
    const [one, two] = [await operationNamed('One'), await operationNamed('Two')];
    const lastChange = async () => {
      const { body } = await admin.get<{ releases: { client: string; lastChange: object }[] }>('/releases');
      const shown = await admin.get<{ releases: { lastChange: object }[] }>(
        `/operations/${encodeURIComponent(one.id)}`,
      );
      const ofRelease = body.releases.find(({ client }) => client === 'ios')?.lastChange;
      expect(shown.body.releases[0]?.lastChange).toEqual(ofRelease);
      return ofRelease;
    };
    const changedAt = serving.market.startAt;
    await publisher.publish('ios', '1.0.0', [one]);
    expect(await lastChange()).toEqual({ kind: 'publish', changedAt, keyName: 'publish-bot' });
    await publisher.publish('ios', '1.0.0', [one, two], { replace: true });
    await owner.rollback('ios', '1.0.0');
    expect(await lastChange()).toEqual({ kind: 'rollback', changedAt, keyName: 'administer-bot' });
    await admin.deprecate('ios', ['1.0.0'], '2027-06-01');
    expect(await lastChange()).toEqual({ kind: 'deprecate', changedAt, keyName: 'ADMIN_KEY' });
    await owner.retire('ios', ['1.0.0']);
    expect(await lastChange()).toEqual({ kind: 'retire', changedAt, keyName: 'administer-bot' });
    await admin.restore('ios', ['1.0.0']);
    expect(await lastChange()).toEqual({ kind: 'restore', changedAt, keyName: 'ADMIN_KEY' });
    await owner.restore('ios', ['1.0.0']);
    expect(await lastChange(), 'nothing was changed').toEqual({
      kind: 'restore',
      changedAt,
      keyName: 'ADMIN_KEY',
    });
    const { results } = await env.DB.prepare(
      "SELECT change ->> 'kind' AS kind, key_name AS keyName FROM release_change ORDER BY revision",
    ).all();
    expect(results.map(({ kind, keyName }) => `${kind} ${keyName}`)).toEqual([
      'publish null',
      'publish null',
      'publish publish-bot',
      'publish publish-bot',
      'rollback administer-bot',
      'deprecate ADMIN_KEY',
      'retire administer-bot',
      'restore ADMIN_KEY',
    ]);
  });

  test('are not known of a change that was recorded before', async () => {
    await admin.publish('ios', '1.0.0', [await operationNamed('One')]);
    await env.DB.exec("UPDATE release SET revision = NULL WHERE client = 'ios'");
    const { body } = await admin.get<{ releases: { client: string; lastChange: object | null }[] }>(
      '/releases',
    );
    expect(body.releases.find(({ client }) => client === 'ios')?.lastChange).toBeNull();
  });
});
