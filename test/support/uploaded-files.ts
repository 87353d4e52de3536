/** Rows of files that were uploaded before. They have no objects. */
import { env } from 'cloudflare:workers';

interface StoredFile {
  id: string;
  userId: string;
  kind: string;
  key: string;
  etag?: string;
}

const insert = ({ id, userId, kind, key, etag = '0a1b2c3d4e5f' }: StoredFile) =>
  env.DB.prepare(
    `INSERT INTO user_file (id, user_id, kind, content_type, size_bytes, object_key, etag, uploaded_at, delete_after)
     VALUES (?1, ?2, ?3, 'image/webp', 1, ?4, ?5, 1, 4000000000)`,
  ).bind(id, userId, kind, key, etag);

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
