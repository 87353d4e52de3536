/** Routes of files, public and private, called by each asker about the user's files: with and without a signature or a key. */
import { env } from 'cloudflare:workers';
import { identificationOf } from '../../../src/app/identification.ts';
import { parseConfig } from '../../../src/config.ts';
import { ask } from '../accounts.ts';
import { documentOf } from '../identification.ts';
import { bearer } from './ask-as.ts';
import type { Held } from './field-arguments.ts';
import { ASKERS, type Asker, clientAddress } from './people.ts';
import type { RouteRow } from './route-rows.ts';

/** Settings that the gateway has. */
export const FILE_KEYS = {
  KYC_KEY: 'a-key-of-documents-of-32-characters',
  KYC_READ_KEY: 'the-key-of-the-main-api-for-documents',
  ADMIN_KEY: 'the-key-of-an-administrator-of-releases',
};

interface FileCall {
  /** With the names of its parts in angle brackets, and the key that it is asked with. */
  route: string;
  path: string;
  init?: RequestInit;
}

/** @param hear gets the text of each answer that is not a file */
export async function fileRouteRowsOf(
  held: Held,
  hear: (asker: Asker, text: string) => void,
): Promise<RouteRow[]> {
  const rows: RouteRow[] = [];
  for (const { route, path, init = {} } of await fileCalls(held)) {
    const outcomes: [Asker, string][] = [];
    for (const asker of ASKERS) {
      const own = asker === 'stranger' ? {} : bearer(held.people.of[asker].accessToken);
      const headers = { 'CF-Connecting-IP': clientAddress(), ...own, ...init.headers };
      const response = await held.gateway.fetch(path, { ...init, headers });
      const text = response.ok ? '' : await response.text();
      hear(asker, text);
      outcomes.push([asker, [response.status, ...codeIn(text)].join(' ')]);
    }
    rows.push({ route, outcomes: Object.fromEntries(outcomes) as RouteRow['outcomes'] });
  }
  return rows;
}

async function fileCalls(held: Held): Promise<FileCall[]> {
  const { id: user, accessToken } = held.people.of.user;
  interface Files {
    viewer: { files: { kind: string; url: string }[] };
  }
  const { data } = await ask<Files>(held.gateway, 'MyFiles', {}, { accessToken });
  const attachment = new URL(data.viewer.files.find(({ kind }) => kind === 'ATTACHMENT')?.url ?? '');
  const avatar = `users/avatars/${user}.webp`;
  const bytes = documentOf(1_000);
  for (const key of [avatar, attachment.pathname.slice('/files/'.length)]) await env.STORAGE.put(key, bytes);
  const upload = await openUpload(user, bytes.byteLength);
  const put = {
    method: 'PUT',
    headers: { 'Content-Type': 'image/jpeg', 'Content-Length': '1000' },
    body: bytes,
  };
  const document = `/admin/kyc/${user}/passport`;
  await held.gateway.fetch(upload.url, put);
  await upload.complete();
  const pending = await openUpload(user, bytes.byteLength);
  const key = bearer(FILE_KEYS.KYC_READ_KEY);
  return [
    { route: 'GET /files/users/avatars/<user>.webp', path: `/files/${avatar}` },
    { route: 'GET /files/users/uploads/<user>/<file>', path: attachment.pathname },
    {
      route: 'GET /files/users/uploads/<user>/<file>?<signature>',
      path: attachment.pathname + attachment.search,
    },
    {
      route: 'GET /files/users/kyc-documents/<user>/passport',
      path: `/files/users/kyc-documents/${user}/passport`,
    },
    { route: 'GET /files/pending/<upload>', path: `/files/pending/${pending.id}` },
    { route: 'GET /files/backups/ledger/<date>.json', path: '/files/backups/ledger/2026-11-25.json' },
    { route: 'PUT /uploads/<upload>', path: `/uploads/${pending.id}`, init: put },
    { route: 'PUT /uploads/<upload>?<signature>', path: pending.url, init: put },
    { route: 'GET /admin/kyc/<user>/passport', path: document },
    { route: 'GET /admin/kyc/<user>/passport (KYC_READ_KEY)', path: document, init: { headers: key } },
    { route: 'GET /admin/releases', path: '/admin/releases' },
    { route: 'GET /admin/releases (KYC_READ_KEY)', path: '/admin/releases', init: { headers: key } },
  ];
}

async function openUpload(userId: string, sizeBytes: number) {
  const parsed = parseConfig({ ...env, ...FILE_KEYS });
  if (!parsed.ok) throw new Error(parsed.issues.join('; '));
  const identification = identificationOf(env, parsed.config, { createDocument: async () => 'stored' });
  const [id, contentType, now] = [crypto.randomUUID(), 'image/jpeg', Math.floor(Date.now() / 1000)];
  const expiresAt = now + 900;
  await env.DB.prepare("INSERT INTO user_upload VALUES (?1, ?2, 'passport', ?3, ?4, ?5, ?6)")
    .bind(id, userId, contentType, sizeBytes, now, expiresAt)
    .run();
  const url = identification?.uploadUrl({ id, contentType, sizeBytes, expiresAt }) ?? '';
  const complete = () => identification?.complete({ id, userId, kind: 'passport', contentType, sizeBytes });
  return { id, url, complete };
}

function codeIn(text: string): string[] {
  const { errors = [] } = JSON.parse(text || '{}') as { errors?: { extensions: { code: string } }[] };
  return errors.map(({ extensions }) => extensions.code);
}
