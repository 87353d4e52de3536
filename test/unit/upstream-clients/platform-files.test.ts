import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createPlatformFiles,
  ETAG_MAX_CHARACTERS,
  platformOrigins,
} from '../../../src/upstream/platform-files.ts';
import { type ScriptedAnswer, scriptedFetch, status } from './scripted-fetch.ts';

const OWN = 'https://files.example';

function filesOf(...answers: ScriptedAnswer[]) {
  const script = scriptedFetch(...answers);
  return { script, files: createPlatformFiles({ origins: [OWN], fetch: script.fetch, timeoutMs: 5 }) };
}

async function read(answer: ScriptedAnswer, maxBytes = 10): Promise<string> {
  const { files } = filesOf(answer);
  const { chunks, close } = await files.open(`${OWN}/logo.png`, maxBytes);
  let text = '';
  for await (const chunk of chunks) text += new TextDecoder().decode(chunk);
  close();
  return text;
}

test('the platform’s own origins are those of the main API and of the setting, outside of development with TLS', () => {
  const settings = {
    MAIN_API_URL: 'https://main.example/api',
    UPSTREAM_FILE_ORIGINS: ['https://files.example', 'http://files.example'],
  };
  expect(platformOrigins({ ENVIRONMENT: 'development', ...settings })).toEqual([
    'https://main.example',
    ...settings.UPSTREAM_FILE_ORIGINS,
  ]);
  for (const ENVIRONMENT of ['staging', 'production'] as const)
    expect(platformOrigins({ ENVIRONMENT, ...settings })).toEqual(['https://main.example', OWN]);
});

describe('a file of the platform', () => {
  test('is asked for without the key, and read', async () => {
    const { files, script } = filesOf(new Response('bytes'));
    (await files.open(`${OWN}/logo.png?size=2`, 10)).close();
    const [request] = script.requests;
    expect(request?.url).toBe(`${OWN}/logo.png?size=2`);
    expect([...(request?.headers.keys() ?? [])]).toEqual(['user-agent']);
    expect(await read(new Response('bytes'))).toBe('bytes');
    expect(await read(new Response('0123456789'))).toBe('0123456789');
  });

  test('is asked for again by its ETag, and not sent if it has not changed', async () => {
    const long = `"${'x'.repeat(ETAG_MAX_CHARACTERS)}"`;
    const { files, script } = filesOf(
      status(200, { etag: 'W/"a"' }),
      status(304),
      status(200, { etag: '"b"' }),
      status(200, { etag: long }),
    );
    const ask = async (etag: string | null) => {
      const opened = await files.open(`${OWN}/logo.png`, 10, etag);
      opened.close();
      return [opened.isUnchanged, opened.etag];
    };
    expect(await ask(null)).toEqual([false, 'W/"a"']);
    expect(await ask('W/"a"')).toEqual([true, null]);
    expect(await ask('W/"a"')).toEqual([false, '"b"']);
    expect(await ask(null)).toEqual([false, null]);
    const sent = script.requests.map(({ headers }) => headers.get('if-none-match'));
    expect(sent).toEqual([null, 'W/"a"', 'W/"a"', null]);
  });

  test.each([
    ['another host', 'https://elsewhere.example/logo.png'],
    ['another scheme', 'http://files.example/logo.png'],
    ['another port', 'https://files.example:8443/logo.png'],
    ['a longer host', 'https://files.example.evil.example/logo.png'],
    ['another host before it', 'https://files.example@evil.example/logo.png'],
    ['a password', 'https://user:password@files.example/logo.png'],
    ['no host', 'data:image/png;base64,AAAA'],
    ['no URL', 'files.example/logo.png'],
  ])('is not asked for at %s', async (_, url) => {
    const { files, script } = filesOf();
    await expect(files.open(url, 10)).rejects.toThrow("the URL is not one of the platform's own");
    expect(script.requests).toEqual([]);
  });

  test('is never asked for anywhere else, whatever the URL', async () => {
    const part = fc.constantFrom(
      'https:',
      'http:',
      '//',
      '/',
      '\\',
      '@',
      'files.example',
      'evil.example',
      ':',
      '#',
      '?',
      '.',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
        const { files, script } = filesOf(new Response('bytes'));
        await files.open(parts.join(''), 10).catch(() => undefined);
        for (const { url } of script.requests) expect(new URL(url).origin).toBe(OWN);
      }),
    );
  });

  test.each<[string, ScriptedAnswer, string, isOutage?: boolean]>([
    ['a redirect', status(302, { location: `${OWN}/other.png` }), 'HTTP 302'],
    ['an error', status(500), 'HTTP 500', true],
    ['a part', status(206), 'HTTP 206'],
    ['no change, which was not asked for', status(304), 'HTTP 304'],
    ['a broken connection', new TypeError('fetch failed'), 'the connection failed', true],
    ['nothing', 'never', 'it was not there within 5 ms', true],
    ['too much, as it says', status(200, { 'content-length': '11' }), 'it is longer than 10 bytes'],
    ['too much', new Response('0123456789a'), 'it is longer than 10 bytes'],
    [
      'a body that breaks off',
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode('01'));
            controller.error(new TypeError('terminated'));
          },
        }),
      ),
      'the connection failed',
      true,
    ],
  ])('cannot be had from %s', async (_, answer, message, isOutage = false) => {
    await expect(read(answer)).rejects.toMatchObject({ message, isOutage });
  });
});
