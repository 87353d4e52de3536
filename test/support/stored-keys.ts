import { env } from 'cloudflare:workers';

/** Keys of objects in the bucket; all of them without a prefix. */
export async function keysIn(prefix = ''): Promise<string[]> {
  const { objects } = await env.STORAGE.list({ prefix });
  return objects.map(({ key }) => key);
}
