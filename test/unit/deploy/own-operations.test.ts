import { buildSchema } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { breaksOf } from '../../../scripts/deploy/operation-breaks.ts';
import { DeploymentRecords } from '../../../scripts/deploy/record.ts';
import { schemaOfVersion } from '../../../scripts/deploy/schema-of-version.ts';
import { checkOperations } from '../../../scripts/deploy/steps/check-operations.ts';
import { publishOwnOperations } from '../../../scripts/deploy/steps/publish-own-operations.ts';
import { bundledRelease, restRelease } from '../../../src/operations/manifest.ts';
import { OPERATION_LIVENESS_KEY } from '../../../src/storage/kv/keys.ts';
import { type PreparedDeployment, prepareDeployment } from '../../support/deploy/prepared-deployment.ts';
import { provideWorker, recordDeployment } from '../../support/deploy/rolled-back.ts';
import { type PlatformApi, startPlatformApi } from '../../support/platform-api/server.ts';
import { type StandInGateway, startStandInGateway } from '../../support/stand-in-gateway.ts';

const ADMIN_KEY = 'an-admin-key-for-tests-of-32-chars';

let api: PlatformApi;
let gateway: StandInGateway;
let prepared: PreparedDeployment;
beforeAll(async () => {
  [api, gateway] = await Promise.all([startPlatformApi(), startStandInGateway('version-a')]);
});
afterAll(() => Promise.all([api.close(), gateway.close()]));
beforeEach(() => {
  prepared = prepareDeployment(api, { origin: gateway.url });
  provideWorker(api, prepared.deployment.target.workerName);
  gateway.answer = () => undefined;
});

const rows = (sql: string) => prepared.db.query<Record<string, unknown>>(sql);
const OWN = [bundledRelease, restRelease].map(({ client, version }) => ({
  client,
  version,
  state: 'published',
}));

describe('the own operations', () => {
  const publish = () => publishOwnOperations.run(prepared.deployment, prepared.report);
  const releases = () => rows('SELECT client, version, state FROM release ORDER BY client');
  const named = () => (prepared.cached(OPERATION_LIVENESS_KEY) as { ids: string[] } | undefined)?.ids ?? [];

  test('are releases in D1 and in KV before a Worker bundles them, and once', async () => {
    await publish();
    expect(await releases()).toEqual(OWN);
    for (const { id } of [...bundledRelease.operations, ...restRelease.operations])
      expect(named()).toContain(id);
    const changes = await rows('SELECT * FROM release_change');
    const written = api.calls.length;
    await publish();
    expect(await rows('SELECT * FROM release_change')).toEqual(changes);
    expect(api.calls.slice(written).filter(({ method }) => method === 'PUT')).toEqual([]);
    expect(prepared.lines.slice(-2)).toEqual(
      OWN.map(({ client, version }) => `${client} ${version}: is published already`),
    );
  });

  test('a release that an operator has ended is published again, and that of /api stays as it is', async () => {
    await publish();
    await rows("UPDATE release SET state = 'retired'");
    await publish();
    expect(await releases()).toEqual([OWN[0], { ...OWN[1], state: 'retired' }]);
  });

  test('a run that is cut off between D1 and KV is completed by the next one', async () => {
    // KV takes the first release; the copy of the second is tried four times.
    const put = { method: 'PUT', path: /\/values\//, skip: 1 };
    for (let attempt = 0; attempt < 4; attempt += 1) api.failNext(put, { status: 400 });
    await expect(publish()).rejects.toMatchObject({
      name: 'CommandFailure',
      message: expect.stringMatching(/run the command again/),
    });
    expect(await releases()).toEqual(OWN);
    const ofRest = restRelease.operations[0]?.id;
    expect(named()).toContain(bundledRelease.operations[0]?.id);
    expect(named()).not.toContain(ofRest);
    await publish();
    expect(named()).toContain(ofRest);
  });

  test('a batch is written whole or not at all, and is not sent twice', async () => {
    const db = prepared.deployment.d1;
    const insert = (tag: string) =>
      db.prepare('INSERT INTO cache_generation (tag, generation) VALUES (?1, 1)').bind(tag);
    await expect(db.batch([insert('one'), insert('one')])).rejects.toThrow(/UNIQUE/);
    expect(await rows('SELECT * FROM cache_generation')).toEqual([]);
    api.failNext({ method: 'POST', path: /query$/ }, { status: 500, after: true });
    await expect(db.batch([insert('two')])).rejects.toMatchObject({ name: 'CommandFailure' });
    expect(await rows('SELECT tag FROM cache_generation')).toEqual([{ tag: 'two' }]);
    api.failNext({ method: 'POST', path: /query$/ }, { status: 500 });
    expect(await db.prepare('SELECT tag FROM cache_generation').all()).toMatchObject({
      results: [{ tag: 'two' }],
    });
  });
});

describe('operations of live releases', () => {
  const check = () => checkOperations.run(prepared.deployment, prepared.report);
  /** Publishes a release of an app with one document. */
  function release(document: string, name = 'Market'): void {
    const registered = JSON.stringify({ id: name, name, kind: 'query', document, cost: 1 });
    prepared.database.run(
      [
        "INSERT INTO publish (id, client, version, published_at) VALUES (?1, 'ios', ?1, 0)",
        "INSERT INTO release (client, version, state, publish_id) VALUES ('ios', ?1, 'published', ?1)",
        `INSERT INTO operation (id, document_id, name, kind, registered, registered_at)
         VALUES (?1, ?1, ?1, 'query', ?2, 0)`,
        'INSERT INTO publish_operation (publish_id, operation_id) VALUES (?1, ?1)',
      ].map((sql) => ({ sql, params: sql.includes('?2') ? [name, registered] : [name] })),
    );
  }

  test('are read from D1 without the gateway; none breaks', async () => {
    release('query Market { projects { totalCount } }');
    await check();
    expect(prepared.lines).toEqual([
      'the schema of the version that serves is not known here: documents are checked, and nothing else',
      'none of 1 live operations breaks',
    ]);
  });

  test('one that the schema breaks ends the deployment, and is named with its release', async () => {
    release('query Market { projects { gone } }');
    release('query Other { projects { totalCount } }', 'Other');
    await expect(check()).rejects.toMatchObject({
      name: 'CommandFailure',
      message: expect.stringMatching(
        /1 of 2 live operations would break:\n.*Market[\s\S]*ios Market[\s\S]*gone[\s\S]*Nothing has changed/,
      ),
    });
  });

  test('one that the version which serves cannot run either is a line, and holds up nothing', async () => {
    release('query Market { projects { gone } }');
    await rows(
      `INSERT INTO deployment (id, git_commit, deployer, kind, version_now, steps, outcome, started_at, seen_at)
       VALUES ('a', 'HEAD', 'me', 'gradual', 'version-a', '[]', 'deployed', 0, 0)`,
    );
    await check();
    expect(prepared.lines).toEqual([
      'Market (Market) cannot run on the version that serves either',
      'none of 1 live operations breaks',
    ]);
  });

  test('the schema of a version that only has other secrets is that of its code', async () => {
    const { deployment } = prepared;
    const { db, worker } = deployment;
    const sources = { records: new DeploymentRecords(db, '.'), worker };
    const versions = provideWorker(api, deployment.target.workerName);
    const code = versions.upload();
    versions.serve({ [code]: 100 });
    const rotated = [versions.putSecret('second'), versions.putSecret('third')];
    expect(await schemaOfVersion(sources, code)).toBeUndefined();
    recordDeployment(prepared, { before: null, now: code, commit: 'HEAD' });
    for (const version of [code, ...rotated])
      expect(await schemaOfVersion(sources, version)).toHaveProperty('getQueryType');
  });

  test('with a key they are asked of the gateway, and of D1 where it does not answer', async () => {
    prepared = prepareDeployment(api, { origin: gateway.url, adminKey: ADMIN_KEY });
    const operation = { id: 'x', name: 'Asked', document: '{ gone }', releases: [], count: 3 };
    gateway.answer = ({ path }) =>
      path.startsWith('/admin/live-operations')
        ? { status: 200, body: { operations: [operation] } }
        : undefined;
    await expect(check()).rejects.toThrow(/Asked[\s\S]*3 uses in 30 days/);
    gateway.answer = () => ({ status: 500, body: {} });
    await check();
    expect(prepared.lines).toContainEqual(
      expect.stringMatching(/answered 500\. The releases are read from D1$/),
    );
  });

  test('nothing is asked before the first deployment', async () => {
    const calls = api.calls.length;
    await checkOperations.run({ ...prepared.deployment, kind: 'first' }, prepared.report);
    expect(api.calls).toHaveLength(calls);
  });

  test('breaks of the deployment are parted from those before it', () => {
    const [older, newer] = ['type Query { kept: Int! taken: Int }', 'type Query { kept: Int! }'].map((sdl) =>
      buildSchema(sdl),
    );
    if (older === undefined || newer === undefined) throw new Error('no schemas');
    const operations = ['{ kept }', '{ taken }', '{ never }', 'no document'].map((document) => ({
      ...{ id: document, name: document, document, releases: [], count: 0 },
    }));
    const { broken, brokenBefore } = breaksOf(operations, older, newer);
    expect(broken.map(({ name }) => name)).toEqual(['{ taken }']);
    expect(brokenBefore.map(({ name }) => name)).toEqual(['no document', '{ never }']);
  });
});
