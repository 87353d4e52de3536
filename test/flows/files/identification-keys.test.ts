/** Documents for identification are hidden by a key of their user, which goes with the last one. A canary shows that nothing else has them. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { localId } from '../../../schema/global-ids.ts';
import { CHUNK_BYTES } from '../../../src/files/sealed-chunks.ts';
import { CRONS } from '../../support/gateway.ts';
import {
  bytesOf,
  CANARY,
  deletionOf,
  documentKeyOf,
  documentOf,
  type IdentificationBench,
  KYC_KEYS,
  loggedLines,
  ownRows,
  putUpload,
  removeFile,
  rowsOf,
  startIdentification,
} from '../../support/identification.ts';
import { keysIn } from '../../support/stored-keys.ts';
import { TABLES } from '../../support/tables.ts';
import { registerUploader, type Uploader } from '../../support/uploads.ts';

let bench: IdentificationBench;
let lines: string[];
beforeAll(async () => {
  bench = await startIdentification();
});
beforeEach(() => {
  lines = loggedLines();
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('the key of a user', () => {
  test('is one, of two that are made at once, and no other user’s', async () => {
    const uploads = await Promise.all([
      bench.openUpload('usr_key'),
      bench.openUpload('usr_key', { kind: 'selfie' }),
    ]);
    const answers = await Promise.all(uploads.map((upload) => bench.put(upload, documentOf(1_000))));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    for (const upload of uploads)
      expect(await bench.identification.complete(upload)).toMatchObject({ ok: true });
    for (const kind of ['passport', 'selfie']) expect((await bench.read('usr_key', kind)).status).toBe(200);
    expect(await ownRows('kyc_key', 'usr_key')).toHaveLength(1);
    await bench.upload('usr_key_2');
    await env.DB.exec(
      "UPDATE kyc_key SET wrapped_key = (SELECT wrapped_key FROM kyc_key WHERE user_id = 'usr_key_2') WHERE user_id = 'usr_key'",
    );
    expect((await bench.read('usr_key')).status).toBe(503);
    const upload = await bench.openUpload('usr_key');
    expect((await bench.put(upload, documentOf(1_000))).status).toBe(503);
  });

  test('stays the one that was stored first, if two isolates make one', async () => {
    await bench.upload('usr_isolates', 'selfie');
    let isRead = false;
    const late = await startIdentification({
      bindings: {
        DB: {
          batch: (statements: D1PreparedStatement[]) => env.DB.batch(statements),
          prepare(sql: string) {
            if (isRead || !sql.startsWith('SELECT wrapped_key')) return env.DB.prepare(sql);
            isRead = true;
            return { bind: () => ({ all: async () => ({ results: [], meta: {} }) }) };
          },
        },
      },
    });
    await late.upload('usr_isolates');
    expect(isRead).toBe(true);
    for (const kind of ['selfie', 'passport'])
      expect((await bench.read('usr_isolates', kind)).status).toBe(200);
  });

  test('stays readable when KYC_KEY gets a newer key, until the older one is taken away', async () => {
    const list = (...kids: ('old' | 'new')[]) =>
      JSON.stringify(kids.map((kid) => ({ kid, key: KYC_KEYS[kid] })));
    const before = await startIdentification({ keys: list('old') });
    await before.upload('usr_rotated');
    const during = await startIdentification({ keys: list('new', 'old') });
    expect((await during.read('usr_rotated')).status).toBe(200);
    await during.upload('usr_newcomer');
    const kids = await rowsOf<{ user_id: string; wrapping_key_id: string }>('kyc_key');
    expect(
      kids
        .filter(({ user_id }) => /rotated|newcomer/.test(user_id))
        .map(({ user_id, wrapping_key_id }) => [user_id, wrapping_key_id])
        .sort(),
    ).toEqual([
      ['usr_newcomer', 'new'],
      ['usr_rotated', 'old'],
    ]);
    const after = await startIdentification({ keys: list('new') });
    expect([(await after.read('usr_newcomer')).status, (await after.read('usr_rotated')).status]).toEqual([
      200, 503,
    ]);
    const changed = await startIdentification({ keys: JSON.stringify([{ kid: 'new', key: KYC_KEYS.old }]) });
    expect((await changed.read('usr_newcomer')).status).toBe(503);
  });

  test('goes with the last document, and what it sealed is noise', async () => {
    const ids = [await bench.upload('usr_last'), await bench.upload('usr_last', 'selfie')];
    const copy = await env.STORAGE.get(documentKeyOf('usr_last'));
    const [bytes, customMetadata] = [await copy?.arrayBuffer(), copy?.customMetadata ?? {}];
    await removeFile(ids[0] ?? '');
    expect((await bench.read('usr_last')).status).toBe(404);
    expect((await bench.read('usr_last', 'selfie')).status).toBe(200);
    expect(await ownRows('kyc_key', 'usr_last')).toHaveLength(1);
    await removeFile(ids[1] ?? '');
    expect(await ownRows('kyc_key', 'usr_last')).toEqual([]);
    expect(await deletionOf(documentKeyOf('usr_last'))).toEqual({ next_attempt_at: 0 });
    // As a backup would bring it back: the same bytes, and the user has another key meanwhile.
    await bench.upload('usr_last');
    await env.STORAGE.put(documentKeyOf('usr_last'), bytes ?? '', { customMetadata });
    const read = await bench.read('usr_last');
    expect([read.status, (await read.text()).includes(CANARY)]).toEqual([503, false]);
  });

  test('goes with the account', async () => {
    await bench.upload('usr_closed');
    await bench.market.putUser('usr_closed', {});
    await bench.market.closeUser('usr_closed');
    await bench.gateway.scheduled(CRONS.hourly);
    for (const table of ['user_file', 'kyc_key', 'identification_outbox'])
      expect(await ownRows(table, 'usr_closed'), table).toEqual([]);
    expect(await deletionOf(documentKeyOf('usr_closed'))).toEqual({ next_attempt_at: 0 });
    expect((await bench.read('usr_closed')).status).toBe(404);
  });

  test('is deleted by the hour’s job if its upload was never completed', async () => {
    const upload = await putUpload(bench, 'usr_idle');
    await bench.gateway.scheduled(CRONS.hourly);
    expect(await ownRows('kyc_key', 'usr_idle')).toHaveLength(1);
    await env.DB.prepare('DELETE FROM user_upload WHERE id = ?1').bind(upload.id).run();
    await bench.gateway.scheduled(CRONS.hourly);
    expect(await ownRows('kyc_key', 'usr_idle')).toEqual([]);
  });
});

describe('a canary', () => {
  const SIZE = CHUNK_BYTES + 10;
  let canaries: IdentificationBench;
  let ann: Uploader;
  let answers: string[];
  const note = async (response: Response) =>
    void answers.push(JSON.stringify([...response.headers]), await response.text());

  /** By an app, with what goes wrong on the way. @returns the signature of its URL, too */
  async function upload(kind: string, sizeBytes: number) {
    const { id, url } = await ann.create(kind, 'image/jpeg', sizeBytes);
    const announced = { ...NO_UPLOAD, url, contentType: 'image/jpeg', sizeBytes };
    for (const sent of [sizeBytes - 1, sizeBytes + 1, sizeBytes])
      await note(await canaries.put(announced, documentOf(sent)));
    await note(await canaries.gateway.fetch(url));
    return { id, signature: new URL(url).searchParams.get('signature') ?? '' };
  }

  beforeEach(async () => {
    answers = [];
    canaries = await startIdentification({ bindings: { BACKUP_KEY: 'a-key-of-backups-of-32-characters' } });
    ann = await registerUploader(canaries.gateway);
    await canaries.market.putUser(ann.id, { kyc_level: 1 });
  });

  test('is in no object, row, value, backup, line of the log or answer but the main API’s', async () => {
    const { gateway } = canaries;
    const { id, signature } = await upload('PASSPORT', SIZE);
    answers.push(JSON.stringify([await ann.complete(id), await ann.files()]));
    const pending = await upload('SELFIE', 2_000);
    for (const key of await keysIn()) await note(await gateway.fetch(`/files/${key}`));
    for (const path of ['/health', `/admin/kyc/${ann.id}/passport`]) await note(await gateway.fetch(path));
    expect(new TextDecoder().decode(await bytesOf(await canaries.read(ann.id)))).toContain(CANARY);
    for (const cron of [CRONS.prices, CRONS.hourly, '30 * * * *']) await gateway.scheduled(cron);

    const objects = await Promise.all((await keysIn()).map(textOf));
    expect(objects.filter((text) => text.includes(ann.id)).length).toBeGreaterThan(2);
    const rows = async (tables: readonly string[]) =>
      (await Promise.all(tables.map(rowsOf))).map((each) => JSON.stringify(each));
    const values = [];
    for (const kv of [env.PRICES_KV, env.CACHE_KV, env.SESSIONS_KV])
      for (const { name } of (await kv.list()).keys) values.push((await kv.get(name)) ?? '');
    const [key] = (await rowsOf<KycKeyRow>('kyc_key')).filter(({ user_id }) => user_id === ann.id);
    const held = [...answers, ...lines, ...objects, ...values];
    held.push(...(await rows(TABLES.filter((table) => table !== 'kyc_key'))));
    for (const secret of [CANARY, btoa(CANARY).slice(0, 20), signature, pending.signature, key?.wrapped_key])
      expect(
        held.filter((each) => each.includes(secret ?? ' ')),
        secret,
      ).toEqual([]);
  });

  test('is nowhere once its owner has deleted it', async () => {
    const { id } = await upload('PASSPORT', 2_000);
    const { file } = await ann.complete(id);
    expect(await ann.files()).toMatchObject([
      { id: file.id, kind: 'PASSPORT', url: null, deleteAfter: null },
    ]);
    await canaries.gateway.scheduled(CRONS.prices);
    expect(Object.keys((await canaries.market.handovers()).documents ?? {})).toEqual([
      localId('UserFile', file.id),
    ]);
    expect(await ann.delete(file.id)).toBe(true);
    expect(await keysIn(`users/kyc-documents/${ann.id}/`)).toEqual([]);
    expect(await keysIn('pending/')).not.toContain(`pending/${localId('Upload', id)}`);
    expect((await canaries.read(ann.id)).status).toBe(404);
    expect((await rowsOf<KycKeyRow>('kyc_key')).map(({ user_id }) => user_id)).not.toContain(ann.id);
  });
});

interface KycKeyRow {
  user_id: string;
  wrapped_key: string;
}
const NO_UPLOAD = { id: '', userId: '', kind: 'passport' as const };

/** With its key and metadata; what is compressed is read. */
async function textOf(key: string): Promise<string> {
  const object = await env.STORAGE.get(key);
  if (object === null) throw new Error(`there is no object ${key}`);
  const { body, httpMetadata, customMetadata } = object;
  const bytes = key.endsWith('.gz') && !key.includes('user_password') ? unzipped(body) : body;
  const text = new TextDecoder('latin1').decode(await new Response(bytes).arrayBuffer());
  return `${JSON.stringify([key, httpMetadata, customMetadata])}${text}`;
}

const unzipped = (body: ReadableStream) => body.pipeThrough(new DecompressionStream('gzip'));
