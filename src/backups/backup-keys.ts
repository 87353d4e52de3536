/** The R2 keys of backups. A date is `YYYY-MM-DD` in UTC. */
export const DATABASE_PREFIX = 'backups/database/';
export const LEDGER_PREFIX = 'backups/ledger/';
export const ROOM_PREFIX = 'backups/rooms/';
export const LOGS_PREFIX = 'backups/logs/';

export const dateOf = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10);

/** A backup exists if it has this object, which is written last. */
export const manifestKey = (date: string): string => `${DATABASE_PREFIX}${date}/manifest.json`;

/** @param part counted from 1; the first file of a source has no number */
export const fileKey = (prefix: string, date: string, name: string, part: number, extension: string) =>
  `${prefix}${date}/${name}${part === 1 ? '' : `.${part}`}.${extension}`;

/** Cloudflare's Logpush writes dates without hyphens. */
const DATE_FOLDER = /\/(\d{4}-\d{2}-\d{2}|\d{8})\/$/;

/** The dates that have a folder under the prefix, as the folder has them, oldest first. */
export async function datesUnder(bucket: Pick<R2Bucket, 'list'>, prefix: string): Promise<string[]> {
  const dates: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await bucket.list({ prefix, delimiter: '/', ...(cursor === undefined ? {} : { cursor }) });
    for (const folder of page.delimitedPrefixes) {
      const date = DATE_FOLDER.exec(folder)?.[1];
      if (date !== undefined) dates.push(date);
    }
    if (!page.truncated) return dates.sort();
    cursor = page.cursor;
  }
}

/** Every object under the prefix, with its metadata. */
export async function* objectsUnder(
  bucket: Pick<R2Bucket, 'list'>,
  prefix: string,
): AsyncGenerator<R2Object> {
  for (let cursor: string | undefined; ; ) {
    const page = await bucket.list({
      prefix,
      include: ['customMetadata'],
      ...(cursor === undefined ? {} : { cursor }),
    });
    yield* page.objects;
    if (!page.truncated) return;
    cursor = page.cursor;
  }
}
