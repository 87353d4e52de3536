/** Records of investing that are handed over to the main API: registrations, investments and claims. */
import { describe, expect, test, vi } from 'vitest';
import { createMainApi, type MainApi } from '../../../src/upstream/main-api.ts';
import { clientOptions, json, type ScriptedAnswer, scriptedFetch, status } from './scripted-fetch.ts';

const TRACE = { requestId: 'req-1', traceparent: null };
const REFUSAL = { code: 'CONFLICT', message: 'the pool was cancelled' };

type Kind = 'createRegistration' | 'createInvestment' | 'createClaim';
interface Example {
  route: string;
  body: object;
  /** As the main API has stored it. */
  stored: object;
  /** The part of it that the gateway reads. */
  read: object;
  ofAnother: object;
}

const STORED_INVESTMENT = {
  ...{ id: 'the-id', user_id: 'usr_a', pool_id: 'pool_a', payment_token: 'USDT', status: 'confirmed' },
  ...{ investment_amount: '200', token_amount: '100', token_price: '2', total_claimed: '0' },
  ...{ claimable_amount: '0', transaction_hash: '0xa', invested_at: 7, confirmed_at: 9, updated_at: 9 },
  sequence: 3,
};

const KINDS: Record<Kind, Example> = {
  createRegistration: {
    route: '/internal/ido/registrations',
    body: { pool_id: 'pool_a', user_id: 'usr_a', registered_at: 7 },
    stored: { pool_id: 'pool_a', user_id: 'usr_a', registered_at: 7 },
    read: { pool_id: 'pool_a', user_id: 'usr_a', registered_at: 7 },
    ofAnother: { user_id: 'usr_b' },
  },
  createInvestment: {
    route: '/internal/ido/investments',
    body: { id: 'the-id', sequence: 2 },
    stored: STORED_INVESTMENT,
    read: { ...STORED_INVESTMENT, next_claim_date: null, block_number: null },
    ofAnother: { id: 'another' },
  },
  createClaim: {
    route: '/internal/ido/claims',
    body: { id: 'the-id', investment_id: 'inv_a' },
    stored: { id: 'the-id', amount: '7' },
    read: { id: 'the-id', amount: '7' },
    ofAnother: { id: 'another' },
  },
};

describe.each(Object.entries(KINDS) as [Kind, Example][])('%s', (kind, example) => {
  async function handOver(...answers: ScriptedAnswer[]) {
    const script = scriptedFetch(...answers);
    const api: MainApi = createMainApi({ ...clientOptions(script), timeoutMs: 5 });
    const version = { id: 'the-id', sequence: 2, body: JSON.stringify(example.body) };
    return { outcome: await api[kind](version, TRACE).catch((error) => error), script };
  }
  const outcomeOf = async (...answers: ScriptedAnswer[]) => (await handOver(...answers)).outcome;

  test('posts the version under its id and sequence', async () => {
    const { script } = await handOver(json(example.stored, 201));
    const [request] = script.requests;
    expect(request).toMatchObject({
      url: `https://upstream.example${example.route}`,
      method: 'POST',
      body: JSON.stringify(example.body),
    });
    expect(request?.headers.get('idempotency-key')).toBe('the-id:2');
    expect(request?.headers.get('x-request-id')).toBe('req-1');
  });

  test('is stored with 201, and with 200 where it was known', async () => {
    expect(await outcomeOf(json(example.stored, 201))).toEqual({ stored: example.read });
    expect(await outcomeOf(json(example.stored, 200))).toEqual({ stored: example.read });
  });

  test('is refused for good with 409 and a code', async () => {
    expect(await outcomeOf(json(REFUSAL, 409))).toEqual({ refused: REFUSAL });
    expect(await outcomeOf(json({ code: 'C'.repeat(999) }, 409))).toEqual({
      refused: { code: 'C'.repeat(100), message: '' },
    });
  });

  test.each<[string, ScriptedAnswer[], object]>([
    ['400', [status(400)], { kind: 'status', status: 400 }],
    ['404', [status(404)], { kind: 'status', status: 404 }],
    ['500 three times', [status(500), status(500), status(500)], { kind: 'status', status: 500 }],
    ['no answer', ['never'], { kind: 'timeout' }],
    [
      'a connection that breaks each time',
      [new TypeError('reset'), new TypeError('reset'), new TypeError('reset')],
      { kind: 'network' },
    ],
    [
      '201 of another record',
      [json({ ...example.stored, ...example.ofAnother }, 201)],
      { kind: 'malformed', status: 201 },
    ],
    ['200 of another shape', [json(null)], { kind: 'malformed', status: 200 }],
    ['200 that is cut off', [new Response('{"id":"the-id"')], { kind: 'malformed', status: 200 }],
    ['409 of a proxy', [new Response('<h1>Conflict</h1>', { status: 409 })], { kind: 'malformed' }],
    ['409 without a code', [json(example.stored, 409)], { kind: 'malformed', status: 409 }],
  ])('is neither with %s', async (_, answers, error) => {
    const outcome = await outcomeOf(...answers);
    expect(outcome).toMatchObject({ name: 'UpstreamError', route: example.route, ...error });
    expect(String(outcome)).not.toMatch(/usr_|the-id|internal-key/);
  });
});

test('an investment is stored, whatever the main API says of its fields', async () => {
  const warnings = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const answerOf = (changes: object) =>
    createMainApi(
      clientOptions(scriptedFetch(json({ ...STORED_INVESTMENT, ...changes }, 201))),
    ).createInvestment({ id: 'the-id', sequence: 2, body: '{}' }, TRACE);
  expect(await answerOf({ block_number: 'x' })).toMatchObject({ stored: { block_number: null } });
  expect(await answerOf({ token_amount: 'abc' })).toEqual({ stored: null });
  expect(warnings).toHaveBeenCalledTimes(2);
  warnings.mockRestore();
});
