import { createHash, createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { createUploadPresigner } from '../../../src/files/upload-presigner.ts';

const OPTIONS = {
  bucketUrl: 'https://account.r2.cloudflarestorage.com/bucket',
  accessKeyId: 'an-access-key',
  secretAccessKey: 'a-secret-key',
  nowMs: () => Date.UTC(2026, 10, 26, 12, 0, 5, 678),
};
const DAY = '20261126';

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** Signature Version 4 in a query, as docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html has it. */
function signatureOf(url: URL, headers: Record<string, string>): string {
  const query = [...url.searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map((pair) => pair.map(encodeURIComponent).join('='))
    .sort();
  const all = Object.entries({ ...headers, host: url.host }).sort(([a], [b]) => (a < b ? -1 : 1));
  const request = [
    ...['PUT', url.pathname, query.join('&')],
    ...all.map(([name, value]) => `${name}:${value}`),
    ...['', all.map(([name]) => name).join(';'), 'UNSIGNED-PAYLOAD'],
  ].join('\n');
  const scope = `${DAY}/auto/s3/aws4_request`;
  const hash = createHash('sha256').update(request).digest('hex');
  const text = ['AWS4-HMAC-SHA256', `${DAY}T120005Z`, scope, hash].join('\n');
  const key = [DAY, 'auto', 's3', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${OPTIONS.secretAccessKey}`,
  );
  return hmac(key, text).toString('hex');
}

test('the URL of an upload is signed for one key, type and length, and 15 minutes', async () => {
  const presign = createUploadPresigner(OPTIONS);
  for (const [contentType, sizeBytes] of [
    ['image/png', 1],
    ['application/pdf', 20_971_520],
  ] as const) {
    const url = new URL(await presign('pending/an-id', { contentType, sizeBytes }));
    expect(url.origin + url.pathname).toBe(`${OPTIONS.bucketUrl}/pending/an-id`);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      ...{ 'X-Amz-Algorithm': 'AWS4-HMAC-SHA256', 'X-Amz-Date': '20261126T120005Z', 'X-Amz-Expires': '900' },
      'X-Amz-Credential': `an-access-key/${DAY}/auto/s3/aws4_request`,
      'X-Amz-SignedHeaders': 'content-length;content-type;host',
    });
    const signature = url.searchParams.get('X-Amz-Signature');
    const sent = { 'content-type': contentType, 'content-length': String(sizeBytes) };
    expect(signature).toBe(signatureOf(url, sent));
    expect(signature).not.toBe(signatureOf(url, { ...sent, 'content-length': String(sizeBytes + 1) }));
    expect(signature).not.toBe(signatureOf(url, { ...sent, 'content-type': 'text/html' }));
    expect(url.href).not.toContain(OPTIONS.secretAccessKey);
  }
});
