/**
 * Puts static files into the bucket by an S3 client, as a deployment does, reads them back by the gateway and by the client, and
 * deletes them. Prints a line of JSON for each.
 *
 * `R2_ACCESS_KEY_ID=… R2_SECRET_ACCESS_KEY=… node put-static-files.mjs <bucket's URL> <gateway's URL>`
 */
import { S3mini } from 's3mini';

const [endpoint, gatewayUrl] = process.argv.slice(2);
const { R2_ACCESS_KEY_ID: accessKeyId, R2_SECRET_ACCESS_KEY: secretAccessKey } = process.env;
const bucket = new S3mini({ endpoint, accessKeyId, secretAccessKey, region: 'auto' });

/** R2 takes parts of 5 MiB or more, so the second file goes in three. */
const FILES = {
  'static/css/site.0a1b2c3d.css': ['text/css', 1_000],
  'static/videos/tour.mp4': ['video/mp4', 20_000_000],
};
const bytesOf = (size) => Uint8Array.from({ length: size }, (_, at) => (at * 31 + (at >> 8)) % 251);

for (const [key, [contentType, size]] of Object.entries(FILES)) {
  const bytes = Buffer.from(bytesOf(size));
  await bucket.putAnyObject(key, bytes, contentType);
  const stored = await bucket.getObjectArrayBuffer(key);
  const listed = (await bucket.listObjects('/', key)).map(({ Key }) => Key);
  const url = `${gatewayUrl}/files/${key}`;
  const served = await fetch(url);
  const headers = Object.fromEntries(served.headers);
  const isSame = [stored, await served.arrayBuffer()].map((got) => bytes.equals(Buffer.from(got)));
  await bucket.deleteObject(key);
  const line = {
    ...{ key, listed, isSame, status: served.status, type: headers['content-type'] },
    ...{ cacheControl: headers['cache-control'], etag: headers.etag },
    statusOnceDeleted: (await fetch(url)).status,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
