/** The bucket of tests: emptied, and with methods replaced. */
import { env } from 'cloudflare:workers';

export async function emptyBucket(): Promise<void> {
  for (let page = await env.STORAGE.list(); page.objects.length > 0; page = await env.STORAGE.list())
    await env.STORAGE.delete(page.objects.map(({ key }) => key));
}

/** The bucket with other methods in the place of its own. */
export function bucketWith(changed: Partial<R2Bucket>): R2Bucket {
  const { STORAGE } = env;
  return {
    ...{ get: STORAGE.get.bind(STORAGE), head: STORAGE.head.bind(STORAGE), list: STORAGE.list.bind(STORAGE) },
    ...{ put: STORAGE.put.bind(STORAGE), delete: STORAGE.delete.bind(STORAGE) },
    createMultipartUpload: STORAGE.createMultipartUpload.bind(STORAGE),
    ...changed,
  } as R2Bucket;
}
