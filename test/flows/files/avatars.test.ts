/** Pictures of users: which one a profile shows, and when caches in front forget one. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { deleteQueuedObjects } from '../../../src/files/object-deletions.ts';
import { ask } from '../../support/accounts.ts';
import { JPEG, PDF, PNG } from '../../support/files/sample-files.ts';
import { CRONS, startGateway, type TestGateway } from '../../support/gateway.ts';
import type { TestMarket } from '../../support/market.ts';
import { keysIn } from '../../support/stored-keys.ts';
import { openFile, registerUploader, startWithUploader, type Uploader } from '../../support/uploads.ts';

let gateway: TestGateway;
let ann: Uploader;
let market: TestMarket;
beforeEach(async () => {
  ({ gateway, ann, market } = await startWithUploader());
});

const open = (url: string | null) => openFile(gateway, url);
const uploadPdf = async () => (await ann.uploaded('ATTACHMENT', 'application/pdf', PDF)).file;
const uploadAvatar = async (bytes = PNG, type = 'image/png') =>
  (await ann.uploaded('AVATAR', type, bytes)).file;

const queued = async () =>
  (
    await env.DB.prepare('SELECT object_key FROM object_deletion WHERE instr(object_key, ?1) > 0')
      .bind(ann.id)
      .all()
  ).results;

/** One run of the job purges them. @param answer of the caches in front, false if they refuse */
async function purgedTags(answer: () => Promise<boolean> = async () => true): Promise<string[]> {
  const purged: string[][] = [];
  await deleteQueuedObjects({
    ...{ db: env.DB, bucket: env.STORAGE, write: (statements) => env.DB.batch(statements) },
    purge: async (tags) => {
      purged.push(tags);
      return answer();
    },
    nowSeconds: Math.floor(Date.now() / 1000),
  });
  return purged.flat();
}

describe('an avatar', () => {
  const update = async (avatarUrl: string | null) =>
    (
      await ask<{ updateProfile: Record<string, unknown> }>(
        gateway,
        'UpdateProfile',
        { input: { avatarUrl } },
        ann,
      )
    ).data.updateProfile;
  const shown = async () =>
    await env.DB.prepare('SELECT avatar_url FROM user_account WHERE id = ?1')
      .bind(ann.id)
      .first('avatar_url');

  test('is public under a URL that changes with it, and the profile follows', async () => {
    const file = await uploadAvatar();
    expect(file.url).toMatch(
      new RegExp(`^${env.PUBLIC_ORIGIN}/files/users/avatars/${ann.id}\\.webp\\?v=[0-9a-f]{8}$`),
    );
    const response = await open(file.url);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/webp']);
    expect(await update(file.url)).toMatchObject({ viewer: { avatarUrl: file.url } });
    const newer = await uploadAvatar(JPEG, 'image/jpeg');
    expect(newer.url).not.toBe(file.url);
    expect(await shown()).toBe(newer.url);
    expect((await ann.files()).map(({ id }) => id)).toEqual([newer.id]);
    expect(await ann.delete(file.id)).toBe(false);
    expect(await ann.delete(newer.id)).toBe(true);
    expect(await shown()).toBeNull();
    expect((await open(newer.url)).status).toBe(404);
    // Caches in front have it until the job has made them forget it.
    expect(await queued()).toHaveLength(1);
    expect(await purgedTags()).toContain(`user:${ann.id}`);
    expect(await purgedTags()).toEqual([]);
    expect(await queued()).toEqual([]);
  });

  test("of the viewer's own is all that a profile takes, in its newest version", async () => {
    const bob = await registerUploader(gateway);
    const theirs = (await bob.uploaded('AVATAR', 'image/png', PNG)).file;
    const own = `${env.PUBLIC_ORIGIN}/files/users/avatars/${ann.id}.webp`;
    const refused = { code: 'VALIDATION_FAILED', field: ['input', 'avatarUrl'] };
    expect(await update(own)).toMatchObject(refused);
    const file = await uploadAvatar();
    const others = [
      theirs.url,
      'https://pictures.example/ann.png',
      own.replace(env.PUBLIC_ORIGIN, 'https://evil.example'),
      `${own}#x`,
      `${own}/..`,
      own.replace('users', 'x/../users'),
      own.toUpperCase(),
      'javascript:alert(1)',
      '',
      (await uploadPdf()).url,
    ];
    for (const url of others) expect([url, await update(url)]).toMatchObject([url, refused]);
    expect(await shown()).toBeNull();
    expect(await update(`${own}?v=old`)).toMatchObject({ viewer: { avatarUrl: file.url } });
    expect(await update(null)).toMatchObject({ viewer: { avatarUrl: null } });
  });

  test('that is not the gateway’s own stays stored, and is shown to nobody', async () => {
    const own = `${env.PUBLIC_ORIGIN}/files/users/avatars/${ann.id}.webp`;
    const others = [
      'https://pictures.example/ann.png',
      own.replace(env.PUBLIC_ORIGIN, 'https://evil.example'),
      own.replace(env.PUBLIC_ORIGIN, `${env.PUBLIC_ORIGIN}.evil.example`),
      own.replace(ann.id, 'usr_somebody'),
    ];
    const admin = await registerUploader(gateway);
    await env.DB.prepare(`UPDATE user_account SET permissions = '["admin"]' WHERE id = ?1`)
      .bind(admin.id)
      .run();
    const shownTo = async ({ accessToken }: Uploader, query: string) => {
      const { data } = await gateway.post({ query }, { Authorization: `Bearer ${accessToken}` });
      return (Object.values(data)[0] as { avatarUrl: string | null }).avatarUrl;
    };
    for (const [stored, expected] of [...others.map((url) => [url, null]), [`${own}?v=1`, `${own}?v=1`]]) {
      await env.DB.prepare('UPDATE user_account SET avatar_url = ?2 WHERE id = ?1')
        .bind(ann.id, stored)
        .run();
      await ann.waits(0);
      const profile = await gateway.fetch('/api/protected/users/profile', {
        headers: { Authorization: `Bearer ${ann.accessToken}` },
      });
      const node = `{ node(id: "${encodeGlobalId('User', ann.id)}") { ... on User { avatarUrl } } }`;
      expect([
        await shownTo(ann, '{ viewer { avatarUrl } }'),
        await shownTo(admin, node),
        (await profile.json<{ avatarUrl: string | null }>()).avatarUrl,
        await shown(),
      ]).toEqual([expected, expected, expected, stored]);
    }
  });

  test('that replaces another one, or a deleted one, makes caches in front forget it, and stays itself', async () => {
    await uploadAvatar();
    expect(await queued()).toEqual([]);
    const second = await uploadAvatar(JPEG, 'image/jpeg');
    expect(await purgedTags()).toContain(`user:${ann.id}`);
    expect(await purgedTags()).toEqual([]);
    expect((await open(second.url)).status).toBe(200);
    expect(await ann.delete(second.id)).toBe(true);
    const third = await uploadAvatar();
    expect(await purgedTags()).toContain(`user:${ann.id}`);
    expect(await queued()).toEqual([]);
    expect((await open(third.url)).status).toBe(200);
  });

  test('is purged again until caches in front have taken it, and may be replaced meanwhile', async () => {
    await uploadAvatar();
    await uploadAvatar(JPEG, 'image/jpeg');
    expect(await purgedTags(async () => false)).toContain(`user:${ann.id}`);
    const failed = purgedTags(() => Promise.reject(new Error('no purge')));
    await expect(failed).rejects.toThrow('no purge');
    const newest = await uploadAvatar();
    expect(await purgedTags()).toContain(`user:${ann.id}`);
    expect(await queued()).toEqual([]);
    expect((await open(newest.url)).status).toBe(200);
  });

  test('that is deleted while caches in front forget the one before it is deleted and purged too', async () => {
    await uploadAvatar();
    const newer = await uploadAvatar(JPEG, 'image/jpeg');
    await purgedTags(() => ann.delete(newer.id));
    expect(await queued()).toHaveLength(1);
    expect(await purgedTags()).toContain(`user:${ann.id}`);
    expect(await queued()).toEqual([]);
    expect(await keysIn(`users/avatars/${ann.id}`)).toEqual([]);
  });

  test('that replaces a deleted one is not deleted with it', async () => {
    const file = await uploadAvatar();
    const failing = startGateway({ ...market, startAt: Date.now() / 1000 } as TestMarket, {
      STORAGE: new Proxy(env.STORAGE, {
        get: (real, name) =>
          name === 'delete'
            ? async () => {
                throw new Error('We encountered an internal error. Please try again. (10001)');
              }
            : (Reflect.get(real, name) as (...args: unknown[]) => unknown).bind(real),
      }),
    });
    expect((await ask(failing, 'DeleteFile', { id: file.id }, ann)).data).toEqual({ deleteFile: true });
    expect(await queued()).toHaveLength(1);
    await ann.waits(200);
    const newer = await uploadAvatar(JPEG, 'image/jpeg');
    await gateway.scheduled(CRONS.prices);
    expect((await open(newer.url)).status).toBe(200);
    expect(await queued()).toEqual([]);
  });
});
