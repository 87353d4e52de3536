/** Uploads that are not completed, or not once: nothing of them stays in R2. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { PDF, PNG } from '../../support/files/sample-files.ts';
import { CRONS, type TestGateway } from '../../support/gateway.ts';
import { keysIn } from '../../support/stored-keys.ts';
import {
  attachmentKeyOf,
  pendingKeyOf,
  putPending,
  startWithUploader,
  type Uploader,
} from '../../support/uploads.ts';

let gateway: TestGateway;
let ann: Uploader;
beforeEach(async () => {
  ({ gateway, ann } = await startWithUploader());
});

describe('what is left behind', () => {
  test('of an upload that is never completed is gone within the hour', async () => {
    const upload = await ann.create('ATTACHMENT', 'application/pdf', PDF.byteLength);
    await putPending(upload.id, 'application/pdf', PDF);
    await ann.waits(3_240);
    await gateway.scheduled(CRONS.prices);
    expect(await keysIn(pendingKeyOf(upload.id))).toHaveLength(1);
    await ann.waits(60);
    await gateway.scheduled(CRONS.prices);
    expect(await keysIn(pendingKeyOf(upload.id))).toEqual([]);
  });

  test('by a client that puts the bytes once more after completion is gone when the URL has expired', async () => {
    const upload = await ann.create('ATTACHMENT', 'application/pdf', PDF.byteLength);
    await putPending(upload.id, 'application/pdf', PDF);
    await ann.complete(upload.id);
    await putPending(upload.id, 'application/pdf', PDF);
    await gateway.scheduled(CRONS.prices);
    expect(await keysIn(pendingKeyOf(upload.id))).toHaveLength(1);
    await ann.waits(1_200);
    await gateway.scheduled(CRONS.prices);
    expect(await keysIn(pendingKeyOf(upload.id))).toEqual([]);
    expect(await ann.files()).toHaveLength(1);
  });

  test('by a completion that dies between R2 and D1 is deleted', async () => {
    const upload = await ann.create('ATTACHMENT', 'application/pdf', PDF.byteLength);
    await putPending(upload.id, 'application/pdf', PDF);
    const key = attachmentKeyOf(ann, upload.id);
    const heldUntil = Math.floor(Date.now() / 1000) + 120;
    await env.DB.prepare('INSERT INTO object_deletion (object_key, next_attempt_at) VALUES (?1, ?2)')
      .bind(key, heldUntil)
      .run();
    await env.STORAGE.put(key, PDF);
    await gateway.scheduled(CRONS.prices);
    expect(await keysIn(key)).toEqual([key]);
    await ann.waits(120);
    await gateway.scheduled(CRONS.prices);
    expect(await keysIn(key)).toEqual([]);
    expect(await ann.complete(upload.id)).toMatchObject({ __typename: 'CompleteUploadPayload' });
  });

  test('before the clock was set back is deleted, and its key can be had', async () => {
    const upload = await ann.create('ATTACHMENT', 'application/pdf', PDF.byteLength);
    await putPending(upload.id, 'application/pdf', PDF);
    const [had, ahead, held] = [attachmentKeyOf(ann, upload.id), `ahead/${ann.id}`, `held/${ann.id}`];
    const nowSeconds = Math.floor(Date.now() / 1000);
    const rows = [had, ahead].map((key) => ({ key, until: nowSeconds + 1_801 }));
    for (const { key, until } of [...rows, { key: held, until: nowSeconds + 1_800 }]) {
      await env.STORAGE.put(key, PNG);
      await env.DB.prepare('INSERT INTO object_deletion (object_key, next_attempt_at) VALUES (?1, ?2)')
        .bind(key, until)
        .run();
    }
    expect(await ann.complete(upload.id)).toMatchObject({ __typename: 'CompleteUploadPayload' });
    await gateway.scheduled(CRONS.prices);
    expect([...(await keysIn(had)), ...(await keysIn(ahead)), ...(await keysIn(held))]).toEqual([had, held]);
  });
});
