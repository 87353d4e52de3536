/** The lines of a ledger, from a file or from the gateway, without ever holding more than one of them and a chunk. */
import { createReadStream } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { unreachable, wrongUse } from '../operations/command-failure.ts';

const LINE_BREAK = 10;
/** An entry has under 1,000 bytes. A file that has no line breaks is no ledger. */
const LINE_MAX_BYTES = 65_536;
const ANSWER_TIMEOUT_MS = 60_000;
/** The most requests for an answer while the gateway says "not now". */
const ATTEMPTS_MAX = 5;
const RETRY_SECONDS = 2;

export type Lines = AsyncIterable<Uint8Array>;

export const isUrl = (source: string) => /^https?:\/\//i.test(source);

/** @throws CommandFailure where the file cannot be read */
export async function* linesOfFile(file: string): Lines {
  try {
    yield* split(createReadStream(file));
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw wrongUse(`${file}: ${error.message}`);
    throw error;
  }
}

/**
 * Asks for one page after another until one is empty.
 *
 * @param lastSequence of the entries that were taken so far
 * @throws CommandFailure where the gateway cannot be reached, or refuses
 */
export async function* linesOfUrl(address: string, lastSequence: () => number): Lines {
  const url = new URL(address);
  for (let last = -1; last !== lastSequence(); ) {
    last = lastSequence();
    url.searchParams.set('after', String(last));
    const body = await page(url);
    if (body !== null) yield* split(readable(body, url));
  }
}

async function page(url: URL): Promise<Response['body']> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) }).catch(
      (error: unknown) => {
        throw unreachable(`No answer from ${url.origin}: ${messageOf(error)}`);
      },
    );
    if (response.ok) return response.body;
    const isForNow = response.status === 429 || response.status === 503;
    if (!isForNow || attempt === ATTEMPTS_MAX)
      throw unreachable(`${url} answered ${response.status}: ${(await response.text()).slice(0, 500)}`);
    await response.body?.cancel();
    await wait(1000 * (Number(response.headers.get('retry-after')) || RETRY_SECONDS));
  }
}

/** The connection may break within an answer. */
async function* readable(body: AsyncIterable<Uint8Array>, url: URL): AsyncIterable<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw unreachable(`${url} broke off: ${messageOf(error)}`);
  }
}

async function* split(chunks: AsyncIterable<Uint8Array>): Lines {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    let bytes = Buffer.concat([rest, chunk]);
    for (let end = bytes.indexOf(LINE_BREAK); end !== -1; end = bytes.indexOf(LINE_BREAK)) {
      yield bytes.subarray(0, end);
      bytes = bytes.subarray(end + 1);
    }
    if (bytes.length > LINE_MAX_BYTES) throw wrongUse(`A line has more than ${LINE_MAX_BYTES} bytes.`);
    rest = bytes;
  }
  if (rest.length > 0) yield rest;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : messageOf(error.cause);
}
