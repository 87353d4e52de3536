/** Rows of files that were uploaded before. They have no objects. */
import { env } from 'cloudflare:workers';

interface StoredFile {
  id: string;
  userId: string;
  kind: string;
  key: string;
  etag?: string;
}

const insert = (
  { id, userId, kind, key, etag = '0a1b2c3d4e5f' }: StoredFile,
  deleteAfter: number | null = 4_000_000_000,
) =>
  env.DB.prepare(
    `INSERT INTO user_file (id, user_id, kind, content_type, size_bytes, object_key, etag, uploaded_at, delete_after)
     VALUES (?1, ?2, ?3, 'image/webp', 1, ?4, ?5, 1, ?6)`,
  ).bind(id, userId, kind, key, etag, deleteAfter);

/** @returns the URL of the user's avatar */
export async function insertAvatar(userId: string): Promise<string> {
  const key = `users/avatars/${userId}.webp`;
  await insert({ id: `${userId}-avatar`, userId, kind: 'avatar', key }).run();
  return `${env.PUBLIC_ORIGIN}/files/${key}?v=0a1b2c3d`;
}

export async function insertAttachments(userId: string, ...ids: string[]): Promise<void> {
  await env.DB.batch(
    ids.map((id) => insert({ id, userId, kind: 'attachment', key: `users/uploads/${userId}/${id}` })),
  );
}

/** They wait for a decision. */
export async function insertPassports(...userIds: string[]): Promise<void> {
  await env.DB.batch(
    userIds.map((userId) => {
      const key = `users/kyc-documents/${userId}/passport`;
      return insert({ id: `${userId}-passport`, userId, kind: 'passport', key }, null);
    }),
  );
}
