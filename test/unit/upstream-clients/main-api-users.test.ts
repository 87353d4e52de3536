/** Users at the main API: accounts that are handed over, their rights, and those that are closed. */
import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { UPSTREAM_ANSWER_MAX_BYTES } from '../../../src/config.ts';
import { UpstreamError } from '../../../src/upstream/http.ts';
import { createMainApi } from '../../../src/upstream/main-api.ts';
import { PERMISSIONS } from '../../../src/upstream/main-api-records.ts';
import { clientOptions, json, type ScriptedAnswer, scriptedFetch, status } from './scripted-fetch.ts';

const VERSION = { userId: 'usr_a', sequence: 2, body: '{"id":"usr_a","email":"ann@example.com"}' };
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const REFUSAL = { code: 'CONFLICT', message: 'ann@example.com belongs to another user' };

async function handOver(trace: { traceparent: string | null }, ...answers: ScriptedAnswer[]) {
  const script = scriptedFetch(...answers);
  const api = createMainApi({ ...clientOptions(script), timeoutMs: 5 });
  const outcome = await api.createUser(VERSION, { requestId: 'req-1', ...trace }).catch((error) => error);
  return { outcome, script };
}
const outcomeOf = async (...answers: ScriptedAnswer[]) =>
  (await handOver({ traceparent: null }, ...answers)).outcome;

const userStats = (...answers: ScriptedAnswer[]) =>
  createMainApi(clientOptions(scriptedFetch(...answers))).userStats('usr_a');
const stats = (changes: object = {}) =>
  json({ user_level: 3, kyc_level: 2, permissions: ['read'], updated_at: 1, ...changes });

describe('an account', () => {
  test('is posted under its id and sequence, with the request that caused it', async () => {
    const { outcome, script } = await handOver({ traceparent: TRACEPARENT }, json({ id: 'usr_a' }, 201));
    expect(outcome).toBe('stored');
    const [request] = script.requests;
    expect(request).toMatchObject({
      url: 'https://upstream.example/internal/users',
      method: 'POST',
      body: VERSION.body,
    });
    expect(Object.fromEntries(request?.headers ?? [])).toEqual({
      accept: 'application/json',
      authorization: 'Bearer the-internal-key',
      'content-type': 'application/json',
      'idempotency-key': 'usr_a:2',
      traceparent: TRACEPARENT,
      'user-agent': 'COM2000-Worker/1.0',
      'x-request-id': 'req-1',
    });
  });

  test.each([null, '', 'anything', `${TRACEPARENT}\u00e9`, `ff${TRACEPARENT.slice(2)}`])(
    'carries no traceparent that is not of its form: %j',
    async (traceparent) => {
      const { script } = await handOver({ traceparent }, json({ id: 'usr_a' }));
      expect(script.requests[0]?.headers.has('traceparent')).toBe(false);
    },
  );

  test('is stored with 201 and with 200, and refused with 409', async () => {
    expect(await outcomeOf(json({ id: 'usr_a' }, 201))).toBe('stored');
    expect(await outcomeOf(json({ id: 'usr_a', anything: 1 }, 200))).toBe('stored');
    expect(await outcomeOf(json(REFUSAL, 409))).toBe('refused');
  });

  test('is sent again under the same key after a failure that may pass', async () => {
    const trace = { traceparent: null };
    const { outcome, script } = await handOver(
      trace,
      status(503),
      new TypeError('reset'),
      json(REFUSAL, 409),
    );
    expect(outcome).toBe('refused');
    expect(script.requests.map(({ body, headers }) => [body, headers.get('idempotency-key')])).toEqual(
      Array(3).fill([VERSION.body, 'usr_a:2']),
    );
  });

  test.each<[string, ScriptedAnswer[], object]>([
    ['400', [status(400)], { kind: 'status', status: 400 }],
    ['401', [status(401)], { kind: 'status', status: 401 }],
    ['404', [status(404)], { kind: 'status', status: 404 }],
    ['202', [status(202)], { kind: 'status', status: 202 }],
    ['a redirect', [status(307, { location: '/' })], { kind: 'status', status: 307 }],
    ['500 three times', [status(500), status(500), status(500)], { kind: 'status', status: 500 }],
    ['no answer', ['never'], { kind: 'timeout' }],
    ['201 of another account', [json({ id: 'usr_b' }, 201)], { kind: 'malformed', status: 201 }],
    ['201 of another shape', [json(null, 201)], { kind: 'malformed', status: 201 }],
    ['200 that is cut off', [new Response('{"id":"usr_a"')], { kind: 'malformed', status: 200 }],
    [
      '409 of a proxy',
      [new Response('<h1>Conflict</h1>', { status: 409 })],
      { kind: 'malformed', status: 409 },
    ],
    ['409 without a code', [json({ id: 'usr_a' }, 409)], { kind: 'malformed', status: 409 }],
  ])('is neither stored nor refused with %s', async (_, answers, error) => {
    const outcome = await outcomeOf(...answers);
    expect(outcome).toMatchObject({ name: 'UpstreamError', route: '/internal/users', ...error });
    expect(String(outcome)).not.toMatch(/ann@example|usr_|internal-key/);
  });

  test('is neither if the answer is longer than an answer may be', async () => {
    const long = `"${'x'.repeat(UPSTREAM_ANSWER_MAX_BYTES)}"`;
    expect(await outcomeOf(new Response(long, { status: 201 }))).toMatchObject({ kind: 'malformed' });
  });
});

describe('the rights of a user', () => {
  test('have known permissions in lower case, each once', async () => {
    const permissions = ['READ', 'invest', 'Team', 'MODERATE', 'read', 'launder', ''];
    expect(await userStats(stats({ permissions }))).toEqual({
      user_level: 3,
      kyc_level: 2,
      permissions: ['invest', 'moderate', 'read', 'team'],
    });
  });

  test('are null where the main API does not know the user', async () => {
    expect(await userStats(status(404))).toBeNull();
  });

  test('are asked for under an encoded id', async () => {
    const script = scriptedFetch(stats());
    await createMainApi(clientOptions(script)).userStats('a/../b?c');
    expect(script.requests[0]?.url).toBe('https://upstream.example/internal/users/a%2F..%2Fb%3Fc/stats');
  });

  test.each<[string, object, object]>([
    ['a level of text', { kyc_level: '3' }, { user_level: 3, permissions: ['read'] }],
    ['a negative level', { user_level: -1 }, { kyc_level: 2, permissions: ['read'] }],
    ['half a level', { kyc_level: 1.5 }, { user_level: 3, permissions: ['read'] }],
    ['permissions of another shape', { permissions: 'admin' }, { user_level: 3, kyc_level: 2 }],
    [
      'a bad permission',
      { permissions: [7, 'READ'] },
      { user_level: 3, kyc_level: 2, permissions: ['read'] },
    ],
  ])('lack a value that is refused: %s', async (_, changes, expected) => {
    const warnings = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    expect(await userStats(stats(changes))).toEqual(expected);
    expect(String(warnings.mock.calls)).toContain('upstream.values_refused');
    warnings.mockRestore();
  });

  test.each([{}, [], null, 'x', { user_level: '1' }])('are refused whole: %j', async (answer) => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    await expect(userStats(json(answer))).rejects.toMatchObject({ kind: 'malformed' });
  });
});

describe('any JSON of the main API', () => {
  /** JSON that is often near what is expected. */
  const anyJson = (near: Record<string, unknown[]>) =>
    fc.oneof(
      fc.jsonValue(),
      fc.record(
        Object.fromEntries(
          Object.entries(near).map(([name, values]) => [
            name,
            fc.oneof(fc.constantFrom(...values), fc.jsonValue({ maxDepth: 1 })),
          ]),
        ),
        { requiredKeys: [] },
      ),
    );
  const valueOrError = <Value>(promise: Promise<Value>) =>
    promise.catch((error: unknown) => {
      expect(error).toBeInstanceOf(UpstreamError);
      return 'failed' as const;
    });

  test('stores an account with its id alone, and refuses it with 409 and a code alone', async () => {
    const answer = anyJson({ id: ['usr_a', 'usr_b'], code: ['CONFLICT', ''] });
    await fc.assert(
      fc.asyncProperty(answer, fc.constantFrom(200, 201, 204, 400, 404, 409), async (body, code) => {
        const response = code === 204 ? new Response(null, { status: 204 }) : json(body, code);
        const api = createMainApi(clientOptions(scriptedFetch(response)));
        const trace = { requestId: 'req-1', traceparent: null };
        const fields: Record<string, unknown> =
          typeof body === 'object' && body !== null && !Array.isArray(body) ? { ...body } : {};
        let expected = 'failed';
        if ((code === 200 || code === 201) && fields.id === 'usr_a') expected = 'stored';
        if (code === 409 && typeof fields.code === 'string' && fields.code !== '') expected = 'refused';
        expect(await valueOrError(api.createUser(VERSION, trace))).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  test('gives levels from 0 and known permissions, or fails', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const levels = [0, 3, -1, 1.5, 2 ** 31, '2', null];
    const permissions = [['READ'], ['admin', 7], 'admin', Array(200).fill('read'), null];
    const answer = anyJson({ user_level: levels, kyc_level: levels, permissions });
    await fc.assert(
      fc.asyncProperty(answer, async (body) => {
        const rights = await valueOrError(userStats(json(body)));
        expect(rights).not.toBeNull();
        if (rights === 'failed' || rights === null) return;
        for (const level of [rights.user_level, rights.kyc_level])
          if (level !== undefined)
            expect(Number.isInteger(level) && level >= 0 && level < 2 ** 31).toBe(true);
        expect(PERMISSIONS).toEqual(expect.arrayContaining(rights.permissions ?? []));
        expect(Object.keys(rights).length).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });
});

test('closed accounts are listed since a time, and a bad one costs no other', async () => {
  const script = scriptedFetch(
    json([
      { user_id: 'usr_a', closed_at: 7, reason: 'asked' },
      { user_id: 'usr_b', closed_at: '8' },
      { user_id: '', closed_at: 9 },
    ]),
  );
  const { records, skipped } = await createMainApi(clientOptions(script)).closedUsers(5);
  expect(script.requests[0]?.url).toBe('https://upstream.example/internal/users/closed?since=5');
  expect(records).toEqual([{ user_id: 'usr_a', closed_at: 7 }]);
  expect(skipped.map(({ index, id }) => [index, id])).toEqual([
    [1, 'usr_b'],
    [2, ''],
  ]);
});
