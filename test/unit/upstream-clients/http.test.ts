import { describe, expect, test } from 'vitest';
import { createGetJson, UpstreamError } from '../../../src/upstream/http.ts';
import { clientOptions, json, type ScriptedAnswer, scriptedFetch, status } from './scripted-fetch.ts';

async function ask(...answers: ScriptedAnswer[]) {
  const script = scriptedFetch(...answers);
  const getJson = createGetJson('main', { ...clientOptions(script), timeoutMs: 5 });
  const outcome = await getJson('/things/:id', '/things/7?secret=query').catch((error: unknown) => error);
  return { outcome, script };
}

function upstreamError(outcome: unknown): UpstreamError {
  if (!(outcome instanceof UpstreamError)) throw new Error(`not an UpstreamError: ${outcome}`);
  return outcome;
}

describe('a GET to an upstream API', () => {
  test('carries the key and the name of the caller', async () => {
    const { outcome, script } = await ask(json({ fine: true }));
    expect(outcome).toEqual({ fine: true });
    expect(script.requests[0]?.url).toBe('https://upstream.example/things/7?secret=query');
    expect(script.requests[0]?.headers.get('authorization')).toBe('Bearer the-internal-key');
    expect(script.requests[0]?.headers.get('user-agent')).toBe('COM2000-Worker/1.0');
  });

  test.each([
    ['500', status(500)],
    ['503', status(503)],
    ['429', status(429)],
    ['a broken connection', new TypeError('fetch failed')],
  ])('is repeated after %s', async (_, failure) => {
    const { outcome, script } = await ask(failure, json([1]));
    expect(outcome).toEqual([1]);
    expect(script.requests).toHaveLength(2);
  });

  test('is repeated when the connection breaks within the body', async () => {
    const broken = new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('[{"id"'));
          controller.error(new TypeError('terminated'));
        },
      }),
    );
    expect((await ask(broken, json([1]))).outcome).toEqual([1]);
  });

  test('is sent three times at most, with longer pauses between', async () => {
    const { outcome, script } = await ask(status(500), status(502), status(503), json([]));
    expect(upstreamError(outcome)).toMatchObject({
      kind: 'status',
      status: 503,
      api: 'main',
      route: '/things/:id',
    });
    expect(script.requests).toHaveLength(3);
    expect(script.pausesMs).toEqual([200, 400]);
  });

  test('waits as long as upstream asks for', async () => {
    expect((await ask(status(429, { 'retry-after': '3' }), json([]))).script.pausesMs).toEqual([3000]);
  });

  test('is given up where upstream asks for a longer pause than a run can spend', async () => {
    const { outcome, script } = await ask(status(429, { 'retry-after': '6' }), json([]));
    expect(upstreamError(outcome).status).toBe(429);
    expect(script.requests).toHaveLength(1);
  });

  test.each([301, 400, 401, 404, 409])('is not repeated after %i', async (code) => {
    const { outcome, script } = await ask(status(code), json([]));
    expect(upstreamError(outcome)).toMatchObject({ kind: 'status', status: code });
    expect(script.requests).toHaveLength(1);
  });

  test('ends at the time limit and is not repeated', async () => {
    const { outcome, script } = await ask('never', json([]));
    expect(upstreamError(outcome).kind).toBe('timeout');
    expect(script.requests).toHaveLength(1);
  });

  test('refuses an answer that is not JSON', async () => {
    const { outcome } = await ask(new Response('[{"id": "the-body'));
    expect(upstreamError(outcome)).toMatchObject({
      kind: 'malformed',
      message: expect.stringContaining('not JSON'),
    });
  });

  /** An endless answer, of which `sent` says how many bytes have been asked for. */
  function endlessAnswer(headers: Record<string, string> = {}) {
    const seen = { bytes: 0, isCancelled: false };
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          seen.bytes += 1_000;
          controller.enqueue(new Uint8Array(1_000).fill(0x20));
        },
        cancel() {
          seen.isCancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    return { seen, answer: new Response(body, { headers }) };
  }

  test.each([
    ['that never ends', {}, 6_000],
    ['that announces its length', { 'content-length': '5001' }, 0],
  ])(
    'refuses an answer over the limit %s, reads no more of it, and is not repeated',
    async (_, headers, read) => {
      const { seen, answer } = endlessAnswer(headers);
      const script = scriptedFetch(answer, json([]));
      const getJson = createGetJson('main', { ...clientOptions(script), maxAnswerBytes: 5_000 });
      const error = upstreamError(await getJson('/things', '/things').catch((failure: unknown) => failure));
      expect(error).toMatchObject({
        kind: 'malformed',
        message: 'main API /things: the answer is longer than 5000 bytes',
      });
      expect(seen).toEqual({ bytes: read, isCancelled: true });
      expect(script.requests).toHaveLength(1);
    },
  );

  test('takes an answer of exactly the limit, in bytes and not in characters, however it is cut', async () => {
    const text = JSON.stringify('é€😀'.repeat(100));
    const bytes = new TextEncoder().encode(text);
    const inParts = () =>
      new Response(
        new ReadableStream({
          start(controller) {
            for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
            controller.close();
          },
        }),
      );
    const ask = (maxAnswerBytes: number) =>
      createGetJson('main', { ...clientOptions(scriptedFetch(inParts())), maxAnswerBytes })('/x', '/x');
    expect(await ask(bytes.length)).toBe(JSON.parse(text));
    await expect(ask(bytes.length - 1)).rejects.toMatchObject({ kind: 'malformed' });
  });

  test.each([
    ['status', [status(500), status(500), status(500)]],
    ['network', [new TypeError('x'), new TypeError('x'), new TypeError('x')]],
    ['malformed', [new Response('{the-body')]],
    ['timeout', ['never' as const]],
  ])('says nothing secret when it fails with %s', async (kind, answers) => {
    const error = upstreamError((await ask(...answers)).outcome);
    expect(error.kind).toBe(kind);
    expect(error.message).toMatch(/^main API \/things\/:id: /);
    expect(error.message).not.toMatch(/the-internal-key|secret|the-body|the body/);
  });
});
