/**
 * URLs by which a client puts an object into R2 itself (Signature Version 4 in the query). Type and length are signed: R2
 * refuses other ones.
 */
import { AwsV4Signer } from 'aws4fetch';
import { UPLOAD_URL_SECONDS } from '../config.ts';

export interface PresignerOptions {
  /** The bucket's, path style. */
  bucketUrl: string;
  accessKeyId: string;
  secretAccessKey: string;
  nowMs(): number;
}

export type PresignUpload = (
  key: string,
  body: { contentType: string; sizeBytes: number },
) => Promise<string>;

export function createUploadPresigner(options: PresignerOptions): PresignUpload {
  const { bucketUrl, accessKeyId, secretAccessKey, nowMs } = options;
  /** Keeps a day's signing key, which takes four hashes. */
  const cache = new Map();
  return async (key, { contentType, sizeBytes }) => {
    const signer = new AwsV4Signer({
      method: 'PUT',
      url: `${bucketUrl}/${key}?X-Amz-Expires=${UPLOAD_URL_SECONDS}`,
      headers: { 'content-type': contentType, 'content-length': String(sizeBytes) },
      ...{ accessKeyId, secretAccessKey, cache, service: 's3', region: 'auto' },
      datetime: new Date(nowMs()).toISOString().replace(/[:-]|\.\d{3}/g, ''),
      signQuery: true,
      // Else it leaves out these two.
      allHeaders: true,
    });
    return (await signer.sign()).url.href;
  };
}
