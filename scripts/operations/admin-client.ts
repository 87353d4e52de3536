/**
 * A client of the gateway's admin endpoint.
 *
 * Guarantees that an answer has the expected shape, and that every failure says what to do about it.
 * Refuses to send the key unencrypted to another machine, and to follow redirects with it.
 */
import type * as z from 'zod';
import { adminErrors } from './admin-answers.ts';
import { CommandFailure, EXIT, unreachable, wrongUse } from './command-failure.ts';
import { reasonOf } from './failure-reason.ts';
import type { ManifestOperation } from './manifest-operation.ts';

/** The gateway validates a chunk of 200 operations before it answers. */
const ANSWER_TIMEOUT_MS = 60_000;
const CHUNK_MAX_OPERATIONS = 200;
/** The sum of the documents' bytes: half of the allowed 8 MB, because JSON adds to them. */
const CHUNK_MAX_BYTES = 4_000_000;
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

export interface AdminClient {
  /** Returns undefined where the gateway answers 404. */
  find<Answer>(path: string, answer: z.ZodType<Answer>): Promise<Answer | undefined>;
  get<Answer>(path: string, answer: z.ZodType<Answer>): Promise<Answer>;
  send<Answer>(
    method: 'POST' | 'PUT',
    path: string,
    body: unknown,
    answer: z.ZodType<Answer>,
  ): Promise<Answer>;
}

/** The gateway refused a request that it understood. */
export class AdminRefusal extends CommandFailure {
  readonly code: string;
  /** The first error's extensions. */
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(errors: z.infer<typeof adminErrors>['errors']) {
    super(
      EXIT.refused,
      errors.map(({ message, extensions }) => ({ code: extensions?.code ?? 'REFUSED', message })),
    );
    this.extensions = errors[0]?.extensions ?? {};
    this.code = errors[0]?.extensions?.code ?? 'REFUSED';
  }
}

export function createAdminClient(url: string, key: string): AdminClient {
  const base = adminBase(url);
  async function ask<Answer>(request: Request, answer: z.ZodType<Answer>): Promise<Answer> {
    const found = await askFor(request, answer);
    if (found !== undefined) return found;
    throw unreachable(
      `${base.origin} has no admin endpoint: it is off where neither ADMIN_KEY nor OPERATIONS_KEYS is set`,
    );
  }
  async function askFor<Answer>(request: Request, answer: z.ZodType<Answer>): Promise<Answer | undefined> {
    const response = await fetch(request).catch((error: unknown) => {
      throw unreachable(`No answer from ${base.origin}: ${reasonOf(error)}`);
    });
    const body: unknown = await response.json().catch(() => undefined);
    if (response.status === 404) return undefined;
    if (!response.ok) throw failureOf(response, body);
    const parsed = answer.safeParse(body);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw unreachable(
      `${request.method} ${request.url} answered something else: ${issue?.path.join('.')} ${issue?.message}`,
    );
  }
  const request = (path: string, init: RequestInit) =>
    new Request(new URL(path, base), {
      ...init,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
  return {
    find: (path, answer) => askFor(request(path, {}), answer),
    get: (path, answer) => ask(request(path, {}), answer),
    send: (method, path, body, answer) => ask(request(path, { method, body: JSON.stringify(body) }), answer),
  };
}

type SentOperation = Pick<ManifestOperation, 'id' | 'document'>;

/** Splits operations into requests that the endpoint accepts: at most 200 operations and 8 MB each. */
export function inChunks(operations: readonly SentOperation[]): SentOperation[][] {
  const chunks: SentOperation[][] = [];
  let chunk: SentOperation[] = [];
  let bytes = 0;
  for (const { id, document } of operations) {
    const size = Buffer.byteLength(document);
    if (chunk.length === CHUNK_MAX_OPERATIONS || (chunk.length > 0 && bytes + size > CHUNK_MAX_BYTES)) {
      chunks.push(chunk);
      chunk = [];
      bytes = 0;
    }
    chunk.push({ id, document });
    bytes += size;
  }
  return chunk.length > 0 ? [...chunks, chunk] : chunks;
}

function adminBase(url: string): URL {
  const base = URL.canParse(url) ? new URL(url) : undefined;
  if (base === undefined || !['http:', 'https:'].includes(base.protocol))
    throw wrongUse(`${url} is not an http(s) address: --url or OPERATIONS_URL names the gateway`);
  if (base.protocol === 'http:' && !LOCAL_HOSTS.includes(base.hostname))
    throw wrongUse(`The key would be sent unencrypted to ${base.host}; use https`);
  return new URL('/', base);
}

function failureOf(response: Response, body: unknown): CommandFailure {
  const parsed = adminErrors.safeParse(body);
  const said = parsed.success ? `: ${parsed.data.errors.map(({ message }) => message).join(' ')}` : '';
  const where = new URL(response.url).origin;
  if (response.status === 401) return unreachable(`${where} does not accept this key`);
  if (response.status === 429)
    return unreachable(
      `${where} has had too many wrong keys; wait ${response.headers.get('retry-after') ?? 'some'} seconds`,
    );
  if (response.status >= 500 || !parsed.success)
    return unreachable(`${where} answered ${response.status}${said}`);
  return new AdminRefusal(parsed.data.errors);
}
