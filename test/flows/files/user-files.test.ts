/** Files of users: who reads them, and what deletes them. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { encodeGlobalId, localId } from '../../../schema/global-ids.ts';
import { UPLOAD_TRANSFER_SECONDS, UPLOAD_URL_SECONDS } from '../../../src/config.ts';
import { closedUsersDeletes } from '../../../src/storage/d1/closed-users.ts';
import { deletionClaim } from '../../../src/storage/d1/object-deletions.ts';
import { ask } from '../../support/accounts.ts';
import { countedD1, noCounts } from '../../support/counted-bindings.ts';
import { PDF, PNG } from '../../support/files/sample-files.ts';
import { CRONS, type TestGateway } from '../../support/gateway.ts';
import { keysIn } from '../../support/stored-keys.ts';
import { insertAttachments } from '../../support/uploaded-files.ts';
import {
  attachmentKeyOf,
  openFile,
  pendingKeyOf,
  putPending,
  registerUploader,
  type ShownFile,
  startWithUploader,
  type Uploader,
} from '../../support/uploads.ts';

let gateway: TestGateway;
let ann: Uploader;
beforeEach(async () => {
  ({ gateway, ann } = await startWithUploader());
});

const open = (url: string | null, init?: RequestInit) => openFile(gateway, url, init);

async function readsOf(fileId: string): Promise<Record<string, unknown>[]> {
  const statement = env.DB.prepare('SELECT * FROM file_read WHERE file_id = ?1 ORDER BY id');
  return (await statement.bind(localId('UserFile', fileId)).all()).results;
}

const uploadPdf = async () => (await ann.uploaded('ATTACHMENT', 'application/pdf', PDF)).file;
const uploadAvatar = async (bytes = PNG, type = 'image/png') =>
  (await ann.uploaded('AVATAR', type, bytes)).file;

describe('an attachment', () => {
  test('is read by its signed URL for 5 minutes, and each use is noted', async () => {
    const file = await uploadPdf();
    expect(file.url).toContain(`${env.PUBLIC_ORIGIN}/files/users/uploads/${ann.id}/`);
    const whole = await open(file.url);
    expect(whole.status).toBe(200);
    expect(new Uint8Array(await whole.arrayBuffer())).toEqual(PDF);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      ...{ 'content-type': 'application/pdf', 'cache-control': 'private, no-store' },
      ...{
        'content-disposition': expect.stringContaining('attachment'),
        'x-content-type-options': 'nosniff',
      },
      'content-security-policy': "sandbox; default-src 'none'",
    });
    expect(whole.headers.has('cache-tag')).toBe(false);
    const part = await open(file.url, { headers: { Range: 'bytes=5-9' } });
    expect([part.status, new Uint8Array(await part.arrayBuffer())]).toEqual([206, PDF.slice(5, 10)]);
    expect((await open(file.url, { method: 'HEAD' })).status).toBe(200);
    const reads = await readsOf(file.id);
    expect(reads).toHaveLength(3);
    expect(reads[0]).toMatchObject({
      ...{ user_id: ann.id, kind: 'attachment', reader: `user:${ann.id}` },
      ...{ request_id: whole.headers.get('x-request-id'), read_at: Math.floor(Date.now() / 1000) },
    });
    vi.setSystemTime(Date.now() + 300_000);
    expect((await open(file.url)).status).toBe(404);
    expect(await readsOf(file.id)).toHaveLength(3);
  });

  test('is 404 by every other URL, and nothing is noted', async () => {
    const [file, other] = [await uploadPdf(), await uploadPdf()];
    const url = new URL(file.url ?? '');
    const changed = (change: (url: URL) => void) => {
      const copy = new URL(url);
      change(copy);
      return copy.href;
    };
    const signature = url.searchParams.get('signature') ?? '';
    const urls = [
      changed(({ searchParams }) => searchParams.delete('signature')),
      changed(({ searchParams }) => searchParams.delete('expires')),
      changed(({ searchParams }) =>
        searchParams.set('expires', String(Number(searchParams.get('expires')) + 1)),
      ),
      changed(({ searchParams }) => searchParams.set('expires', '99999999999999')),
      changed(({ searchParams }) =>
        searchParams.set(
          'signature',
          signature.replace(/.$/, (end) => (end === 'A' ? 'B' : 'A')),
        ),
      ),
      changed(({ searchParams }) => searchParams.set('signature', signature.replace(/^[^.]+/, 'another'))),
      changed(({ searchParams }) => searchParams.set('signature', '')),
      changed((copy) => {
        copy.pathname = new URL(other.url ?? '').pathname;
      }),
      changed((copy) => {
        copy.pathname = copy.pathname.replace(ann.id, 'usr_somebody');
      }),
      changed((copy) => {
        copy.pathname = copy.pathname.replace('users/uploads', 'users%2Fuploads');
      }),
      `${url.origin}/files/pending/x${url.search}`,
      `${url.origin}/files/users/kyc-documents/${ann.id}/passport${url.search}`,
    ];
    for (const each of urls) expect([each, (await open(each)).status]).toEqual([each, 404]);
    expect([...(await readsOf(file.id)), ...(await readsOf(other.id))]).toEqual([]);
  });

  test('is not sent if its use cannot be noted', async () => {
    const file = await uploadPdf();
    await env.DB.exec('ALTER TABLE file_read RENAME TO file_read_gone');
    const response = await open(file.url);
    await env.DB.exec('ALTER TABLE file_read_gone RENAME TO file_read');
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await response.text()).not.toContain('%PDF');
  });

  test('that is deleted is 404 by the URL that it had, also while its object is there', async () => {
    const file = await uploadPdf();
    expect(await ann.delete(file.id)).toBe(true);
    await env.STORAGE.put(attachmentKeyOf(ann, file.id), PDF);
    expect((await open(file.url)).status).toBe(404);
  });
});

describe('files', () => {
  test('are listed for their owner alone, the newest first, and no cache keeps them', async () => {
    const first = await uploadPdf();
    const second = await uploadAvatar();
    const { data, headers } = await ask<{ viewer: { files: ShownFile[] } }>(gateway, 'MyFiles', {}, ann);
    expect(headers.get('cache-control')).toBe('private, no-store');
    expect(data.viewer.files.map(({ id }) => id)).toEqual([second.id, first.id]);
    const bob = await registerUploader(gateway);
    expect(await bob.files()).toEqual([]);
    expect(await bob.delete(first.id)).toBe(false);
    expect(await ann.files()).toHaveLength(2);
  });

  test('that are deleted are gone from R2; there is nothing to delete by another id', async () => {
    const { id, url } = await uploadPdf();
    const [key = '', ...others] = await keysIn(`users/uploads/${ann.id}`);
    expect(others).toEqual([]);
    expect(url).not.toContain(key);
    for (const other of [encodeGlobalId('UserFile', 'none'), localId('UserFile', id) ?? '', 'x', ''])
      expect(await ann.delete(other)).toBe(false);
    expect(await ann.delete(id)).toBe(true);
    expect(await ann.delete(id)).toBe(false);
    expect(await keysIn(`users/uploads/${ann.id}`)).toEqual([]);
    expect(await queued()).toEqual([]);
  });

  test('of a closed account are gone, and so are its uploads', async () => {
    await uploadPdf();
    await uploadAvatar();
    const upload = await ann.create('ATTACHMENT', 'application/pdf', PDF.byteLength);
    await putPending(upload.id, 'application/pdf', PDF);
    await env.DB.batch(closedUsersDeletes(env.DB, JSON.stringify([ann.id])));
    await gateway.scheduled(CRONS.prices);
    // The URL of the upload outlives the account.
    await putPending(upload.id, 'application/pdf', PDF);
    vi.setSystemTime(Date.now() + (UPLOAD_URL_SECONDS + UPLOAD_TRANSFER_SECONDS) * 1_000);
    await gateway.scheduled(CRONS.prices);
    expect([
      ...(await keysIn(`users/uploads/${ann.id}`)),
      ...(await keysIn(`users/avatars/${ann.id}`)),
      ...(await keysIn(pendingKeyOf(upload.id))),
    ]).toEqual([]);
  });
});

test('that nobody deletes are not read when queued objects are looked for, nor are objects that are not due', async () => {
  const ids = Array.from({ length: 300 }, (_, at) => `${ann.id}-kept-${at}`);
  await insertAttachments(ann.id, ...ids);
  const nowSeconds = Math.floor(Date.now() / 1000);
  await env.DB.prepare(
    `INSERT INTO object_deletion (object_key, next_attempt_at) SELECT 'pending/' || value, ?2 FROM json_each(?1)`,
  )
    .bind(JSON.stringify(ids), nowSeconds + 60)
    .run();
  const counts = noCounts();
  const db = countedD1(env.DB, counts);
  for (const only of [null, ['users/uploads/none']]) {
    await deletionClaim(db, { claimedUntil: nowSeconds + 120, nowSeconds, limit: 100, only }).run();
  }
  expect(counts.d1RowsRead).toBeLessThan(50);
});

const queued = async () =>
  (
    await env.DB.prepare('SELECT object_key FROM object_deletion WHERE instr(object_key, ?1) > 0')
      .bind(ann.id)
      .all()
  ).results;
