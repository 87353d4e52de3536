/**
 * Files that upstream names by a URL: pictures, documents and media of projects.
 *
 * A project may have chosen such a URL. So only the platform's own origins are asked, no redirect is followed, and the
 * gateway's key is not sent: with it, a URL of the main API would publish what only the gateway may read.
 */
import { type Config, PROJECT_FILE_TIMEOUT_MS } from '../config.ts';

/** A file that cannot be had. The message is safe to log: it has no URL and no bytes. */
export class PlatformFileError extends Error {
  override name = 'PlatformFileError';
  /** True if the server failed, which may fail for other files too; false if this file is the reason. */
  readonly isOutage: boolean;

  constructor(message: string, { isOutage = false, ...options }: ErrorOptions & { isOutage?: boolean } = {}) {
    super(message, options);
    this.isOutage = isOutage;
  }
}

export interface OpenedFile {
  /** To be read once. @throws PlatformFileError if the file is longer than its limit, breaks off, or takes too long. */
  chunks: AsyncIterable<Uint8Array>;
  /** Reads no further. To be called in each case, also at the end of the file. */
  close(): void;
  /** As the server gave it; null if it gave none, or a longer one than `ETAG_MAX_CHARACTERS`. */
  etag: string | null;
  /** The server says that it is still the file of `knownEtag`: then it has sent no bytes. */
  isUnchanged: boolean;
}

export const ETAG_MAX_CHARACTERS = 256;

export interface PlatformFiles {
  readonly origins: readonly string[];
  /**
   * @param knownEtag of an earlier answer for this URL; null asks for the bytes in each case
   * @throws PlatformFileError
   */
  open(url: string, maxBytes: number, knownEtag?: string | null): Promise<OpenedFile>;
}

export interface PlatformFilesOptions {
  origins: readonly string[];
  fetch: typeof fetch;
  /** For the whole file. */
  timeoutMs?: number;
}

/** In development alone one may be without TLS. */
export const platformOrigins = ({
  ENVIRONMENT,
  MAIN_API_URL,
  UPSTREAM_FILE_ORIGINS,
}: Pick<Config, 'ENVIRONMENT' | 'MAIN_API_URL' | 'UPSTREAM_FILE_ORIGINS'>): string[] =>
  [new URL(MAIN_API_URL).origin, ...UPSTREAM_FILE_ORIGINS].filter(
    (origin) => ENVIRONMENT === 'development' || origin.startsWith('https:'),
  );

export function createPlatformFiles({
  origins,
  fetch,
  timeoutMs = PROJECT_FILE_TIMEOUT_MS,
}: PlatformFilesOptions): PlatformFiles {
  return {
    origins,
    async open(text, maxBytes, knownEtag = null) {
      const url = URL.parse(text);
      if (url === null || !origins.includes(url.origin) || `${url.username}${url.password}` !== '')
        throw new PlatformFileError("the URL is not one of the platform's own");
      const controller = new AbortController();
      const { signal } = controller;
      const timer = setTimeout(() => controller.abort(), timeoutMs);
      const close = () => {
        clearTimeout(timer);
        controller.abort();
      };
      const failure = (cause: unknown) => {
        if (cause instanceof PlatformFileError) return cause;
        const reason = signal.aborted ? `it was not there within ${timeoutMs} ms` : 'the connection failed';
        return new PlatformFileError(reason, { cause, isOutage: true });
      };

      async function* bounded(body: Response['body']) {
        let bytes = 0;
        try {
          for await (const chunk of body ?? []) {
            bytes += chunk.byteLength;
            if (bytes > maxBytes) throw tooLong(maxBytes);
            yield chunk;
          }
        } catch (cause) {
          throw failure(cause);
        }
      }

      try {
        const headers: Record<string, string> = { 'User-Agent': 'COM2000-Worker/1.0' };
        if (knownEtag !== null) headers['If-None-Match'] = knownEtag;
        const { status, headers: received, body } = await fetch(url, { headers, signal, redirect: 'manual' });
        const isUnchanged = status === 304 && knownEtag !== null;
        if (status !== 200 && !isUnchanged)
          throw new PlatformFileError(`HTTP ${status}`, { isOutage: status === 429 || status >= 500 });
        if (Number(received.get('content-length')) > maxBytes) throw tooLong(maxBytes);
        const etag = received.get('etag');
        const isKept = etag !== null && etag.length <= ETAG_MAX_CHARACTERS;
        return { chunks: bounded(body), close, etag: isKept ? etag : null, isUnchanged };
      } catch (cause) {
        const error = failure(cause);
        close();
        throw error;
      }
    },
  };
}

const tooLong = (maxBytes: number) => new PlatformFileError(`it is longer than ${maxBytes} bytes`);
