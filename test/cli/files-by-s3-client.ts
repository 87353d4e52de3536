import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunningStart } from '../browser/running-start.ts';
import { localBucketOf } from '../support/local-bucket.ts';
import { runNode } from './running-operations.ts';

/** @param startOf the running gateway, once tests run */
export function testFilesByS3Client(startOf: () => RunningStart): void {
  test('an S3 client puts static files into the bucket, one of them in parts, and the gateway serves them', async () => {
    const { gatewayUrl } = startOf();
    const { url, variables } = localBucketOf(gatewayUrl);
    const { exitCode, out, err } = await runNode(['test/clients/put-static-files.mjs', url, gatewayUrl], {
      variables,
    });
    assert.equal(exitCode, 0, err);
    const files = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const served = { isSame: [true, true], status: 200, statusOnceDeleted: 404 };
    const kept = 'public, max-age=31536000, immutable';
    assert.partialDeepStrictEqual(files, [
      { ...served, type: 'text/css; charset=utf-8', cacheControl: kept },
      { ...served, type: 'video/mp4', cacheControl: 'public, max-age=86400' },
    ]);
    for (const { key, listed } of files) assert.deepEqual(listed, [key]);
    const [inOne, inParts] = files.map(({ etag }) => etag);
    assert.match(inOne, /^"[\da-f]{32}"$/);
    assert.match(inParts, /^"[\da-f]{32}-3"$/);
  });
}
