/** The forms of operations through the life of the releases that carry them. */
import { env } from 'cloudflare:workers';
import { parse, print } from 'graphql';
import { beforeEach, describe, expect, test } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import restManifest from '../../operations/rest/manifest.json' with { type: 'json' };
import sentDocuments from '../clients/sent-documents.json' with { type: 'json' };
import { ADMIN_KEY, adminOf, type Submitted, sha256Of } from '../support/admin.ts';
import { refusalsSeen, usesSeen } from '../support/counted-uses.ts';
import { CRONS, startGateway, type TestGateway } from '../support/gateway.ts';
import { type Serving, startServing } from '../support/serving-bench.ts';

/** Each gateway records its own operations as releases. */
const BUILD = [...manifest.operations, ...restManifest.operations];
const VARS = { ADMIN_KEY, OPERATIONS_MODE: 'safelist' };
const TEXT = 'query Categories { projectCategories { name projectCount } }';
const SPACED = 'query Categories {\n  projectCategories {\n    name\n    projectCount\n  }\n}\n';
const WITH_TYPENAMES = 'query Categories { projectCategories { name projectCount __typename } }';
const OTHER_LAYOUT = '{ projectCategories { name projectCount } }'.replace('{', 'query Categories  {');
const TEXTS = [TEXT, OTHER_LAYOUT, WITH_TYPENAMES];

let serving: Serving;
/** Another isolate over the same storage. */
let other: TestGateway;
let audit: TestGateway;
let admin: ReturnType<typeof adminOf>;
let compact: Submitted;
let spaced: Submitted;
let typed: Submitted;

beforeEach(async () => {
  serving = await startServing({ crons: [CRONS.projects], vars: VARS });
  // Starting a gateway sets the clock.
  other = startGateway(serving.market, VARS);
  audit = startGateway(serving.market, { ...VARS, OPERATIONS_MODE: 'audit' });
  admin = adminOf(serving.gateway);
  [compact, spaced, typed] = (await Promise.all(
    [TEXT, SPACED, WITH_TYPENAMES].map(async (document) => ({ id: await sha256Of(document), document })),
  )) as [Submitted, Submitted, Submitted];
});

async function run(query: string, gateway: TestGateway = serving.gateway, client = 'web') {
  const { status, errors, headers } = await gateway.post({ query }, { 'graphql-client-name': client });
  return errors?.[0]?.extensions.code ?? headers.get('sunset') ?? status;
}
const outcomes = async (gateway = serving.gateway) => {
  const seen: unknown[] = [];
  for (const text of TEXTS) seen.push(await run(text, gateway));
  return seen;
};
const three = (outcome: unknown) => [outcome, outcome, outcome];
const REFUSED = 'QUERY_NOT_IN_SAFELIST';
const RETIRED = 'PERSISTED_QUERY_RETIRED';
const SUNSET = 'Tue, 01 Jun 2027 00:00:00 GMT';

/** The time that a change takes to be in effect everywhere. */
const untilInEffect = () => serving.gateway.advance(110);

describe('a form is as alive as the operations that have it', () => {
  test('it is unknown until a release carries one, deprecated and retired with it', async () => {
    await admin.store([compact]);
    expect(await outcomes()).toEqual(three(REFUSED));
    await untilInEffect();
    await admin.put('web', '1.0.0', [compact.id]);
    await untilInEffect();
    expect(await outcomes()).toEqual(three(200));
    await admin.deprecate('web', ['1.0.0'], '2027-06-01');
    await untilInEffect();
    expect(await outcomes()).toEqual(three(SUNSET));
    await admin.retire('web', ['1.0.0'], true);
    await untilInEffect();
    for (let time = 0; time < 2; time += 1) {
      expect(await outcomes()).toEqual(three(RETIRED));
      serving.gateway.coldIsolate();
      expect(await outcomes()).toEqual(three(RETIRED));
      // An isolate that KV shows nothing learns it from D1.
      for (const { name } of (await env.CACHE_KV.list()).keys) await env.CACHE_KV.delete(name);
      serving.gateway.coldIsolate();
    }
  });

  test('of several the most alive one counts, also for a text that is registered itself', async () => {
    await admin.publish('old', '1.0.0', [compact]);
    await admin.publish('web', '1.0.0', [spaced]);
    await admin.publish('apollo', '1.0.0', [typed]);
    expect(await outcomes()).toEqual(three(200));
    await admin.retire('old', ['1.0.0'], true);
    await admin.retire('apollo', ['1.0.0'], true);
    await untilInEffect();
    for (const gateway of [serving.gateway, other]) {
      expect(await outcomes(gateway)).toEqual(three(200));
    }
    expect((await serving.gateway.post({ documentId: compact.id })).status).toBe(410);
    await admin.deprecate('web', ['1.0.0'], '2027-06-01');
    await untilInEffect();
    for (const gateway of [serving.gateway, other]) {
      expect(await outcomes(gateway)).toEqual(three(SUNSET));
    }
    await admin.retire('web', ['1.0.0'], true);
    await untilInEffect();
    expect(await outcomes()).toEqual(three(RETIRED));
    await admin.publish('new', '1.0.0', [spaced]);
    await untilInEffect();
    expect(await outcomes()).toEqual(three(200));
  });

  test('an operation that is stored but in no release makes no form of a retired one callable', async () => {
    await admin.publish('web', '1.0.0', [compact]);
    await admin.retire('web', ['1.0.0'], true);
    await admin.store([spaced]);
    await untilInEffect();
    serving.gateway.coldIsolate();
    expect(await outcomes()).toEqual(three(RETIRED));
  });

  test('a rollback takes it back', async () => {
    const before = 'query Before { __typename }';
    await admin.publish('web', '1.0.0', [{ id: await sha256Of(before), document: before }]);
    await admin.publish('web', '1.0.0', [compact], { replace: true });
    expect(await outcomes()).toEqual(three(200));
    await admin.rollback('web', '1.0.0');
    await untilInEffect();
    expect(await outcomes()).toEqual(three(REFUSED));
  });
});

describe('what is counted', () => {
  test('uses of a form are those of its operation, which is one row in lists', async () => {
    await admin.publish('web', '1.0.0', [compact]);
    await untilInEffect();
    for (const text of [...TEXTS, ...TEXTS]) await run(text);
    await serving.gateway.advance(61);
    await run(TEXT);
    const uses = (await usesSeen()).map(({ operationId, client, count }) => [operationId, client, count]);
    expect(uses).toEqual([[compact.id, 'web', 7]]);
    const { body } = await admin.get<{ operations: { id: string; count: number }[] }>('/live-operations');
    const shown = body.operations.filter(({ id }) => !BUILD.some((own) => own.id === id));
    expect(shown).toMatchObject([{ id: compact.id, count: 7 }]);
    const formId = await sha256Of(print(parse(WITH_TYPENAMES)));
    expect((await admin.get(`/operations/${formId}`)).body).toMatchObject({
      id: compact.id,
      document: TEXT,
      releases: [{ client: 'web', version: '1.0.0' }],
    });
    expect(await admin.retire('web', ['1.0.0'])).toMatchObject({ code: 'STILL_USED' });
  });

  test('`audit` counts what `safelist` refuses, and nothing that it runs', async () => {
    await admin.publish('web', '1.0.0', [compact]);
    await admin.publish('old', '1.0.0', [
      { id: 'old-1', document: 'query Old { projectCategories { name } }' },
    ]);
    await admin.retire('old', ['1.0.0'], true);
    await untilInEffect();
    const [trending] = sentDocuments.filter(({ operation }) => operation === 'Trending');
    const texts = [
      ...TEXTS,
      trending?.sent ?? '',
      'query Old  { projectCategories { name } }',
      'query Categories { projectCategories { name } }',
    ];
    for (const text of texts) expect(await run(text, audit, 'audited')).toBe(200);
    await audit.advance(61);
    await run(TEXT, audit, 'audited');
    const refusals = (await refusalsSeen()).map(({ reason, client, count }) => [reason, client, count]);
    expect(refusals.toSorted()).toEqual([
      ['audit:PERSISTED_QUERY_RETIRED', 'audited', 1],
      ['audit:QUERY_NOT_IN_SAFELIST', 'audited', 1],
    ]);
    for (const text of TEXTS) expect(await run(text)).toBe(200);
  });
});

describe('operations that were published before there were forms', () => {
  /** D1 and KV as an earlier build has left them. */
  async function forgetForms(): Promise<void> {
    await env.DB.batch([
      env.DB.prepare('DELETE FROM operation_form'),
      env.DB.prepare('UPDATE operation SET forms_version = 0'),
    ]);
    const { keys } = await env.CACHE_KV.list({ prefix: 'operation-form:' });
    for (const { name } of keys) await env.CACHE_KV.delete(name);
    const overlay = await env.CACHE_KV.get<object>('operations:liveness', 'json');
    await env.CACHE_KV.put('operations:liveness', JSON.stringify({ ...overlay, formIds: undefined }));
    serving.gateway.coldIsolate();
  }

  test('get them within five minutes', async () => {
    await admin.publish('web', '1.0.0', [
      compact,
      { id: 'opaque-1', document: 'query Opaque { __typename }' },
    ]);
    await forgetForms();
    expect(await outcomes()).toEqual([200, REFUSED, REFUSED]);
    await serving.gateway.scheduled(CRONS.projects);
    await untilInEffect();
    for (const gateway of [serving.gateway, other]) {
      expect(await outcomes(gateway)).toEqual(three(200));
      expect(await run('query  Opaque { __typename }', gateway)).toBe(200);
    }
    await admin.retire('web', ['1.0.0'], true);
    await untilInEffect();
    expect(await outcomes()).toEqual(three(RETIRED));
  });

  test('get them once: the next run reads and writes nothing', async () => {
    const lastRun = async () => {
      await serving.gateway.scheduled(CRONS.projects);
      const { results } = await env.DB.prepare(
        `SELECT outcome, read_count, written_count FROM sync_run WHERE job = 'operation-forms'
         ORDER BY started_at DESC, rowid DESC LIMIT 1`,
      ).all();
      return results[0];
    };
    await admin.publish('web', '1.0.0', [compact]);
    await forgetForms();
    expect(await lastRun()).toMatchObject({ outcome: 'ok', written_count: BUILD.length + 1 });
    await serving.gateway.advance(300);
    expect(await lastRun()).toEqual({ outcome: 'ok', read_count: 0, written_count: 0 });
  });
});
