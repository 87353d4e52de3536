/** A gateway over a bucket with a public picture and files that nobody may see. */
import { env } from 'cloudflare:workers';
import { expect, vi } from 'vitest';
import { startGateway } from './gateway.ts';
import { createMarket } from './market.ts';
import { PRIVATE_KEYS } from './private-paths.ts';

export const LOGO = 'projects/logos/prj_bitcoin.png';
export const SIZE = 1_000;
export const BYTES = Uint8Array.from({ length: SIZE }, (_, at) => (at * 7) % 251);
export const DAY = 'public, max-age=86400';

export interface PublicFiles {
  /** @param key as the path of the request has it */
  get(key: string, headers?: Record<string, string>, method?: string): Promise<Response>;
  fetch(path: string): Promise<Response>;
  /** Of the logo. */
  etag: string;
  modified: string;
}

/** An hour after the logo was stored. */
export async function startPublicFiles(): Promise<PublicFiles> {
  const { fetch } = startGateway(await createMarket());
  const { httpEtag: etag, uploaded } = await putFile(LOGO, 'image/png');
  vi.setSystemTime(uploaded.getTime() + 3_600_000);
  for (const key of [...PRIVATE_KEYS, 'static/.env']) await putFile(key, 'application/pdf');
  return {
    get: (key, headers = {}, method = 'GET') => fetch(`/files/${key}`, { method, headers }),
    fetch,
    etag,
    modified: uploaded.toUTCString(),
  };
}

export const putFile = (key: string, contentType?: string, body: Uint8Array = BYTES) =>
  env.STORAGE.put(key, body, contentType === undefined ? {} : { httpMetadata: { contentType } });

export const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

export const headersOf = (response: Response, ...names: string[]) =>
  names.map((name) => response.headers.get(name));

export async function expectError(response: Response, status: number, code: string): Promise<void> {
  expect([response.status, response.headers.get('cache-control')]).toEqual([status, 'no-store']);
  const requestId = response.headers.get('x-request-id');
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code, requestId } }] });
}
