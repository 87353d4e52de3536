/** The life of a document for identification: it is completed, replaced, handed over and ended. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { UPLOAD_TRANSFER_SECONDS, UPLOAD_URL_SECONDS } from '../../../src/config.ts';
import { sendIdentification } from '../../../src/files/identification-outbox.ts';
import { bucketWith } from '../../support/bucket.ts';
import { CRONS } from '../../support/gateway.ts';
import {
  bytesOf,
  deletionOf,
  documentKeyOf,
  documentOf,
  type IdentificationBench,
  loggedLines,
  ownRows,
  putUpload,
  removeFile,
  rowsOf,
  sameBytes,
  startIdentification,
} from '../../support/identification.ts';

const DAY = 86_400;
const YEAR = 365 * DAY;
const TRACE = { requestId: 'a-request', traceparent: null };

let bench: IdentificationBench;
beforeAll(async () => {
  bench = await startIdentification();
});
beforeEach(() => {
  loggedLines();
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('a completed document', () => {
  test('is a file at the key of its kind, and its upload is over', async () => {
    const upload = await putUpload(bench, 'usr_done');
    expect(await bench.identification.complete(upload)).toEqual({
      ok: true,
      file: {
        ...{
          id: upload.id,
          user_id: 'usr_done',
          kind: 'passport',
          content_type: 'image/jpeg',
          size_bytes: 1_000,
        },
        ...{
          object_key: documentKeyOf('usr_done'),
          etag: (await env.STORAGE.head(documentKeyOf('usr_done')))?.etag,
        },
        ...{ uploaded_at: bench.now(), delete_after: null },
      },
    });
    expect(await ownRows('user_upload', 'usr_done')).toEqual([]);
    expect(await deletionOf(`pending/${upload.id}`)).toEqual({
      next_attempt_at: bench.now() + UPLOAD_URL_SECONDS + UPLOAD_TRANSFER_SECONDS,
    });
    expect(await deletionOf(documentKeyOf('usr_done'))).toBeNull();
  });

  test('takes the place of an older one of its kind, and of no other', async () => {
    const old = await bench.upload('usr_again');
    const selfie = await bench.upload('usr_again', 'selfie');
    const newer = documentOf(1_500);
    const id = await bench.upload('usr_again', 'passport', newer);
    const files = await ownRows('user_file', 'usr_again');
    expect(files.map((file) => file.id).sort()).toEqual([id, selfie].sort());
    expect((await ownRows('identification_outbox', 'usr_again')).map(({ file_id }) => file_id)).not.toContain(
      old,
    );
    expect(sameBytes(await bytesOf(await bench.read('usr_again')), newer)).toBe(true);
    expect(await deletionOf(documentKeyOf('usr_again'))).toBeNull();
  });

  test('was put before: without its bytes nothing is completed', async () => {
    const upload = await bench.openUpload('usr_nothing');
    expect(await bench.identification.complete(upload)).toEqual({ ok: false, reason: 'not there' });
    expect(await ownRows('user_file', 'usr_nothing')).toEqual([]);
  });

  test('is one, of two completions at once', async () => {
    const upload = await putUpload(bench, 'usr_twice');
    const outcomes = await Promise.all([1, 2, 3].map(() => bench.identification.complete(upload)));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    expect(outcomes.every((outcome) => outcome.ok || /busy|not there/.test(outcome.reason))).toBe(true);
    expect(await ownRows('user_file', 'usr_twice')).toHaveLength(1);
    expect((await bench.read('usr_twice')).status).toBe(200);
  });

  test('is the row’s and the object’s, of two of one kind at once', async () => {
    const [one, other] = [documentOf(1_100), documentOf(1_200)];
    const uploads = [await putUpload(bench, 'usr_both', one), await putUpload(bench, 'usr_both', other)];
    const outcomes = await Promise.all(uploads.map((upload) => bench.identification.complete(upload)));
    expect(outcomes.map((outcome) => outcome.ok || outcome.reason).sort()).toEqual(['busy', true]);
    const [file] = await ownRows('user_file', 'usr_both');
    expect((await bytesOf(await bench.read('usr_both'))).byteLength).toBe(file?.size_bytes);
  });

  test('is the very object that was looked at', async () => {
    const upload = await putUpload(bench, 'usr_swapped');
    let looks = 0;
    const swapped = await startIdentification({
      bindings: {
        STORAGE: bucketWith({
          get: (async (key: string, options: R2GetOptions) => {
            looks += 1;
            if (looks === 2) await env.STORAGE.put(key, 'other bytes');
            return env.STORAGE.get(key, options);
          }) as R2Bucket['get'],
        }),
      },
    });
    expect(await swapped.identification.complete(upload)).toEqual({ ok: false, reason: 'busy' });
    expect(await ownRows('user_file', 'usr_swapped')).toEqual([]);
    expect(await bench.identification.complete(upload)).toEqual({ ok: false, reason: 'refused' });
  });

  test.each([
    ['before it has written', false],
    ['after it has written', true],
  ])('changes nothing if R2 fails %s, and is completed by the next call', async (_name, isWritten) => {
    const old = await bench.upload('usr_failing', 'passport', documentOf(1_050));
    const upload = await putUpload(bench, 'usr_failing');
    const failing = await startIdentification({
      bindings: {
        STORAGE: bucketWith({
          put: (async (...asked: Parameters<R2Bucket['put']>) => {
            if (isWritten) await env.STORAGE.put(...asked);
            throw new Error('R2 is down');
          }) as R2Bucket['put'],
        }),
      },
    });
    await expect(failing.identification.complete(upload)).rejects.toThrow('R2 is down');
    expect((await ownRows('user_file', 'usr_failing')).map(({ id }) => id)).toEqual([old]);
    // A document of this user and kind all the same.
    expect((await bytesOf(await bench.read('usr_failing'))).byteLength).toBe(isWritten ? 1_000 : 1_050);
    expect(await bench.identification.complete(upload)).toMatchObject({ ok: true, file: { id: upload.id } });
    expect((await bench.read('usr_failing')).status).toBe(200);
  });

  test('waits for a deletion that is under way', async () => {
    const upload = await putUpload(bench, 'usr_deleting');
    const hold = 'INSERT INTO object_deletion (object_key, next_attempt_at) VALUES (?1, ?2)';
    await env.DB.prepare(hold)
      .bind(documentKeyOf('usr_deleting'), bench.now() + 60)
      .run();
    expect(await bench.identification.complete(upload)).toEqual({ ok: false, reason: 'busy' });
    await bench.gateway.advance(60);
    expect(await bench.identification.complete(upload)).toMatchObject({ ok: true });
    expect(await deletionOf(documentKeyOf('usr_deleting'))).toBeNull();
  });

  test('is refused if its key has gone since it was sent', async () => {
    const first = await bench.upload('usr_unkeyed');
    const upload = await putUpload(bench, 'usr_unkeyed');
    await removeFile(first);
    expect(await bench.identification.complete(upload)).toEqual({ ok: false, reason: 'refused' });
    const next = await putUpload(bench, 'usr_unkeyed');
    expect(await bench.identification.complete(upload)).toEqual({ ok: false, reason: 'refused' });
    expect(await bench.identification.complete(next)).toMatchObject({ ok: true });
  });
});

describe('the main API', () => {
  test('is told of a document once, after its account', async () => {
    const id = await bench.upload('usr_told');
    await env.DB.prepare(
      "INSERT INTO user_outbox (user_id, sequence, body, next_attempt_at) VALUES ('usr_told', 1, '{}', ?1)",
    )
      .bind(bench.now() + 600)
      .run();
    await bench.market.putUser('usr_told', { kyc_level: 1 });
    await bench.identification.handOver('usr_told', TRACE);
    expect((await bench.market.handovers()).documents?.[id]).toBeUndefined();
    await env.DB.exec("DELETE FROM user_outbox WHERE user_id = 'usr_told'");
    await bench.identification.handOver('usr_told', TRACE);
    await bench.identification.handOver('usr_told', TRACE);
    expect((await bench.market.handovers()).documents?.[id]).toMatchObject({ applied: [1], repeated: [] });
    const { last } = await bench.market.calls();
    expect(last.find(({ path }) => path === '/internal/users/usr_told/documents')).toMatchObject({
      headers: { idempotencyKey: `${id}:1`, requestId: 'a-request' },
    });
    expect(await ownRows('identification_outbox', 'usr_told')).toEqual([]);
  });

  test('is told by the minute’s job if the request could not, and not of what is deleted', async () => {
    await env.DB.exec('DELETE FROM identification_outbox');
    const [id, deleted] = [await bench.upload('usr_later'), await bench.upload('usr_later', 'selfie')];
    await bench.market.putUser('usr_later', { kyc_level: 1 });
    await bench.market.fault({ route: 'create-document', kind: '503' });
    await bench.identification.handOver('usr_later', TRACE);
    expect(await ownRows('identification_outbox', 'usr_later')).toMatchObject([
      { attempts: 1 },
      { attempts: 1 },
    ]);
    await removeFile(deleted);
    await bench.market.clearFaults();
    await bench.gateway.advance(60);
    await bench.gateway.scheduled(CRONS.prices);
    const { documents } = await bench.market.handovers();
    expect([documents?.[id]?.applied, documents?.[deleted]]).toEqual([[1], undefined]);
    expect(await ownRows('identification_outbox', 'usr_later')).toEqual([]);
  });

  test('is not called again by a run in which a call has failed', async () => {
    await env.DB.exec('DELETE FROM identification_outbox');
    for (let at = 0; at < 12; at += 1) await bench.upload(`usr_waiting_${at}`);
    let calls = 0;
    const createDocument = async () => {
      calls += 1;
      if (calls % 5 !== 0) throw new Error('timed out');
      return 'stored' as const;
    };
    const run = () =>
      sendIdentification(
        {
          ...{ db: env.DB, mainApi: { createDocument }, nowSeconds: bench.now, trace: TRACE },
          write: (statements) => env.DB.batch(statements),
        },
        null,
      );
    expect(await run()).toMatchObject({ stored: 1, failed: 4, firstError: 'Error: timed out' });
    expect(await run()).toMatchObject({ stored: 1, failed: 4 });
    expect(await rowsOf('identification_outbox')).toHaveLength(10);
  });

  test('is told no more of what it has refused', async () => {
    const id = await bench.upload('usr_refused');
    await bench.market.putUser('usr_refused', {});
    await bench.market.refuse({ route: 'create-document', userId: 'usr_refused' });
    const lines = loggedLines();
    await bench.identification.handOver('usr_refused', TRACE);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'error', event: 'identification.refused', user: 'usr_refused', file: id },
    ]);
    expect(await ownRows('identification_outbox', 'usr_refused')).toEqual([]);
    expect((await bench.read('usr_refused')).status).toBe(200);
  });
});

describe('365 days after the decision', () => {
  test('documents that were there are deleted, and later ones stay', async () => {
    const other = await startIdentification();
    const { market, gateway } = other;
    await other.upload('usr_decided');
    await market.putUser('usr_decided', { kyc_level: 1 });
    // Nobody was active since: once a day, the job asks about users who wait for a decision all the same.
    await env.DB.exec("UPDATE user_account SET last_active_at = 0 WHERE id = 'usr_decided'");
    await gateway.scheduled(CRONS.hourly);
    expect(await ownRows('user_file', 'usr_decided')).toMatchObject([{ delete_after: null }]);
    await gateway.advance(3_600);
    const decidedAt = other.now();
    await market.putUser('usr_decided', { kyc_level: 2, kyc_decided_at: decidedAt });
    await gateway.advance(DAY);
    await other.upload('usr_decided', 'selfie');
    await gateway.scheduled(CRONS.hourly);
    const dueOf = async () =>
      Object.fromEntries(
        (await ownRows('user_file', 'usr_decided')).map((file) => [file.kind, file.delete_after]),
      );
    expect(await dueOf()).toEqual({ passport: decidedAt + YEAR, selfie: null });
    await gateway.advance(YEAR - DAY - 1);
    await gateway.scheduled(CRONS.hourly);
    expect((await other.read('usr_decided')).status).toBe(200);
    await gateway.advance(1);
    await gateway.scheduled(CRONS.hourly);
    expect(await dueOf()).toEqual({ selfie: null });
    expect(await deletionOf(documentKeyOf('usr_decided'))).toEqual({ next_attempt_at: 0 });
    expect((await other.read('usr_decided')).status).toBe(404);
    expect(await ownRows('kyc_key', 'usr_decided')).toHaveLength(1);
  });

  test('counts from the time that the main API says last, and from no time to come', async () => {
    const other = await startIdentification();
    await other.upload('usr_corrected');
    const uploadedAt = other.now();
    const dueAfter = async (decidedAt: number) => {
      await other.gateway.advance(3_600);
      await other.market.putUser('usr_corrected', { kyc_level: 2, kyc_decided_at: decidedAt });
      await other.gateway.scheduled(CRONS.hourly);
      const [file] = await ownRows('user_file', 'usr_corrected');
      return file?.delete_after;
    };
    expect(await dueAfter(253_402_300_799)).toBeNull();
    for (const decidedAt of [uploadedAt + 3_600, uploadedAt + 7_200, uploadedAt])
      expect(await dueAfter(decidedAt)).toBe(decidedAt + YEAR);
    expect(await dueAfter(uploadedAt - 1)).toBeNull();
    expect(await dueAfter(uploadedAt + 1)).toBe(uploadedAt + 1 + YEAR);
  });
});
