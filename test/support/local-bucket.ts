/** The bucket of a gateway that `npm start` runs, by R2's S3 API: tests store objects there as clients and tools do. */
import { AwsClient } from 'aws4fetch';
import { unstable_readConfig } from 'wrangler';

export interface StoredObject {
  bytes: Buffer;
  contentType: string | null;
}

export interface LocalBucket {
  /** The bucket's at R2's S3 API. */
  url: string;
  /** Its credentials, as environment variables. */
  variables: { R2_ACCESS_KEY_ID: string; R2_SECRET_ACCESS_KEY: string };
  put(key: string, body: Uint8Array<ArrayBuffer>, contentType: string): Promise<void>;
  /** Null if there is none. */
  get(key: string): Promise<StoredObject | null>;
  keys(): Promise<string[]>;
}

export function localBucketOf(gatewayUrl: string): LocalBucket {
  const { r2_buckets, vars } = unstable_readConfig(
    { config: 'wrangler.toml', env: 'development' },
    { hideWarnings: true },
  );
  const credentials = r2_buckets[0]?.local_dev?.experimental_s3_credentials;
  if (credentials === undefined)
    throw new Error('wrangler.toml has no credentials for the S3 API of the local bucket');
  const url = new URL(new URL(String(vars.R2_S3_URL)).pathname, gatewayUrl).href;
  const client = new AwsClient({ ...credentials, service: 's3', region: 'auto', retries: 0 });
  const sent = async (path: string, init: RequestInit = {}) => {
    const response = await client.fetch(`${url}${path}`, init);
    if (response.ok || response.status === 404) return response;
    throw new Error(`the bucket answered ${response.status}: ${await response.text()}`);
  };
  const pathOf = (key: string) => `/${key.split('/').map(encodeURIComponent).join('/')}`;
  const { accessKeyId, secretAccessKey } = credentials;
  return {
    url,
    variables: { R2_ACCESS_KEY_ID: accessKeyId, R2_SECRET_ACCESS_KEY: secretAccessKey },
    async put(key, body, contentType) {
      await sent(pathOf(key), { method: 'PUT', body, headers: { 'content-type': contentType } });
    },
    async get(key) {
      const response = await sent(pathOf(key));
      if (response.status === 404) return null;
      const bytes = Buffer.from(await response.arrayBuffer());
      return { bytes, contentType: response.headers.get('content-type') };
    },
    async keys() {
      const listed = await (await sent('?list-type=2')).text();
      return [...listed.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key);
    },
  };
}
