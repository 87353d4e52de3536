/** A gateway that takes documents for identification, and a user of it. */
import { env } from 'cloudflare:workers';
import { expect, vi } from 'vitest';
import { identificationOf } from '../../src/app/identification.ts';
import { parseConfig } from '../../src/config.ts';
import type { Identification } from '../../src/files/identification.ts';
import type { IdentificationKind } from '../../src/files/identification-file.ts';
import type { IdentificationUpload } from '../../src/files/receive-identification.ts';
import { createMainApi } from '../../src/upstream/main-api.ts';
import { JPEG } from './files/sample-files.ts';
import { startGateway, type TestGateway } from './gateway.ts';
import { createMarket, type TestMarket } from './market.ts';
import { expectError } from './public-files.ts';

export const KYC_READ_KEY = 'the-key-of-the-main-api-for-documents';
export const KYC_KEYS = {
  old: 'an-older-key-of-32-characters-or-more',
  new: 'a-newer-key-of-32-characters-or-more!',
};
export const ORIGIN = 'https://gateway.test';
/** Nowhere but in a document. */
export const CANARY = 'canary-7f3a91c2-of-a-passport';
const UPLOAD_SECONDS = 900;

type Bytes = Uint8Array<ArrayBuffer>;

/** A JPEG of so many bytes, with the canary in its beginning and at its end. */
export function documentOf(sizeBytes: number): Bytes {
  const bytes = new Uint8Array(sizeBytes);
  const canary = new TextEncoder().encode(CANARY);
  bytes.set(JPEG);
  bytes.set(canary, JPEG.byteLength);
  bytes.set(canary, sizeBytes - canary.byteLength);
  return bytes;
}

export interface OpenedUpload extends IdentificationUpload {
  url: string;
}

export interface IdentificationBench {
  gateway: TestGateway;
  market: TestMarket;
  identification: Identification;
  now(): number;
  /** As `createUpload` does. */
  openUpload(userId: string, announced?: Partial<IdentificationUpload>): Promise<OpenedUpload>;
  put(upload: OpenedUpload, body: BodyInit, headers?: Record<string, string>): Promise<Response>;
  /** Opened, put and completed. */
  upload(userId: string, kind?: IdentificationKind, bytes?: Bytes): Promise<string>;
  read(userId: string, kind?: string, key?: string): Promise<Response>;
}

export interface BenchOptions {
  /** The value of `KYC_KEY`. */
  keys?: string;
  /** Vars and bindings in the place of the environment's. */
  bindings?: Record<string, unknown>;
}

export async function startIdentification(options: BenchOptions = {}): Promise<IdentificationBench> {
  const market = await createMarket({ projectCount: 1, poolCount: 0 });
  const vars = {
    KYC_KEY: options.keys ?? KYC_KEYS.new,
    KYC_READ_KEY,
    PUBLIC_ORIGIN: ORIGIN,
    CORS_ORIGINS: 'https://app.example',
    ...options.bindings,
  };
  const gateway = startGateway(market, vars);
  const parsed = parseConfig({ ...env, ...vars, INTERNAL_API_KEY: market.apiKey });
  if (!parsed.ok) throw new Error(parsed.issues.join('; '));
  const mainApi = createMainApi({
    ...{ baseUrl: market.mainApiUrl, apiKey: market.apiKey, fetch, maxAttempts: 1 },
    sleep: async () => undefined,
  });
  const identification = identificationOf(
    { ...env, ...options.bindings } as typeof env,
    parsed.config,
    mainApi,
  );
  if (identification === undefined) throw new Error('there is no KYC_KEY');
  const now = () => Math.floor(Date.now() / 1000);

  const bench: IdentificationBench = {
    ...{ gateway, market, identification, now },
    async openUpload(userId, announced = {}) {
      await env.DB.prepare(
        'INSERT INTO user_account (id, last_active_at, created_at) VALUES (?1, ?2, ?2) ON CONFLICT DO NOTHING',
      )
        .bind(userId, now())
        .run();
      const upload = {
        ...{ id: crypto.randomUUID(), userId, kind: 'passport' as const },
        ...{ contentType: 'image/jpeg', sizeBytes: 1_000, ...announced },
      };
      const expiresAt = now() + UPLOAD_SECONDS;
      await env.DB.prepare(
        `INSERT INTO user_upload (id, user_id, kind, content_type, size_bytes, created_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)`,
      )
        .bind(upload.id, userId, upload.kind, upload.contentType, upload.sizeBytes, now(), expiresAt)
        .run();
      return { ...upload, url: identification.uploadUrl({ ...upload, expiresAt }) };
    },
    put: ({ url, contentType, sizeBytes }, body, headers = {}) =>
      gateway.fetch(url, {
        method: 'PUT',
        headers: { 'Content-Type': contentType, 'Content-Length': String(sizeBytes), ...headers },
        body,
      }),
    async upload(userId, kind = 'passport', bytes = documentOf(1_000)) {
      const upload = await bench.openUpload(userId, { kind, sizeBytes: bytes.byteLength });
      expect((await bench.put(upload, bytes)).status).toBe(200);
      expect(await identification.complete(upload)).toMatchObject({ ok: true, file: { id: upload.id } });
      return upload.id;
    },
    read: (userId, kind = 'passport', key = KYC_READ_KEY) =>
      gateway.fetch(`/admin/kyc/${userId}/${kind}`, { headers: { Authorization: `Bearer ${key}` } }),
  };
  return bench;
}

export const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

export const sameBytes = (one: Uint8Array, other: Uint8Array) =>
  one.byteLength === other.byteLength && one.every((byte, at) => byte === other[at]);

export async function rowsOf<Row = Record<string, unknown>>(table: string): Promise<Row[]> {
  return (await env.DB.prepare(`SELECT * FROM ${table}`).all<Row>()).results;
}

/** The lines that are logged from now on. */
export function loggedLines(): string[] {
  const lines: string[] = [];
  for (const level of ['info', 'warn', 'error', 'log', 'debug'] as const)
    vi.spyOn(console, level).mockImplementation((...values) => void lines.push(values.map(String).join(' ')));
  return lines;
}

interface OwnedRow {
  user_id: string;
  [column: string]: unknown;
}

export const ownRows = async (table: string, userId: string): Promise<OwnedRow[]> =>
  (await rowsOf<OwnedRow>(table)).filter(({ user_id }) => user_id === userId);

/** Null if the object is not queued. */
export const deletionOf = (key: string) =>
  env.DB.prepare('SELECT next_attempt_at FROM object_deletion WHERE object_key = ?1').bind(key).first();

export const documentKeyOf = (userId: string, name = 'passport') => `users/kyc-documents/${userId}/${name}`;

export const removeFile = (id: string) =>
  env.DB.prepare('DELETE FROM user_file WHERE id = ?1').bind(id).run();

/** Opened and put. */
export async function putUpload(
  bench: IdentificationBench,
  userId: string,
  bytes: Bytes = documentOf(1_000),
): Promise<OpenedUpload> {
  const upload = await bench.openUpload(userId, { sizeBytes: bytes.byteLength });
  expect((await bench.put(upload, bytes)).status).toBe(200);
  return upload;
}

export const isPending = async ({ id }: OpenedUpload): Promise<boolean> =>
  (await env.STORAGE.head(`pending/${id}`)) !== null;

/** And nothing of its bytes is stored. */
export async function expectRefused(
  upload: OpenedUpload,
  response: Response,
  status: number,
  code: string,
): Promise<void> {
  await expectError(response, status, code);
  expect(await isPending(upload)).toBe(false);
}
