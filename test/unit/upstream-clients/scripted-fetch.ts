/** A `fetch` that gives prepared answers in order and remembers what it was asked. */
export interface ScriptedFetch {
  fetch: typeof fetch;
  requests: { url: string; method: string; headers: Headers; body: unknown }[];
  /** Milliseconds that the client waited before each retry. */
  pausesMs: number[];
  sleep: (ms: number) => Promise<void>;
}

export type ScriptedAnswer = Response | Error | 'never';

export function scriptedFetch(...answers: ScriptedAnswer[]): ScriptedFetch {
  const requests: ScriptedFetch['requests'] = [];
  const pausesMs: number[] = [];
  const answer = (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const { method = 'GET', headers, body } = init ?? {};
    requests.push({ url: String(input), method, headers: new Headers(headers), body });
    const next = answers.shift();
    if (next === undefined) throw new Error('asked more often than prepared for');
    if (next instanceof Response) return Promise.resolve(next);
    if (next instanceof Error) return Promise.reject(next);
    return new Promise((_, reject) => {
      init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
    });
  };
  return {
    fetch: answer,
    requests,
    pausesMs,
    sleep: async (ms) => {
      pausesMs.push(ms);
    },
  };
}

export const json = (body: unknown, code = 200) => Response.json(body, { status: code });
export const status = (code: number, headers: Record<string, string> = {}) =>
  new Response(code === 304 ? null : 'the body', { status: code, headers });

export const clientOptions = (script: ScriptedFetch) => ({
  baseUrl: 'https://upstream.example',
  apiKey: 'the-internal-key',
  fetch: script.fetch,
  sleep: script.sleep,
});
