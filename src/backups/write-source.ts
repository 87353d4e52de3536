/** Writes the files of one source, behind those that are stored. */
import { fileKey } from './backup-keys.ts';
import type { BackupDeps, BackupSource } from './backup-source.ts';
import { GzipBuffer } from './gzip-buffer.ts';
import { type StoredFile, storeFile } from './stored-files.ts';

/** Encrypts the files of sources that are sealed. */
export interface BackupSealing {
  keyId: string;
  /** @param key of the file's object: a file that stands in another's place does not open */
  seal(key: string): ReadableWritablePair<Uint8Array, Uint8Array>;
}

export interface BackupRun {
  startedAtMs: number;
  nowMs(): number;
  /** Null where no key is set: sealed sources are then missing. */
  sealing: BackupSealing | null;
  /** Pages that the run may read. */
  maxPages: number;
  /** A file ends behind the page that reaches this size, before compression. */
  fileBytes: number;
  /** Called with each page. @throws if another run works */
  keep(): Promise<void>;
  /** Called before each change of the bucket. @throws if another run works */
  claim(): Promise<void>;
  stored(file: StoredFile): void;
}

export interface Writing {
  storage: BackupDeps['storage'];
  run: BackupRun;
  date: string;
  migration: string;
  /** The files that the source has. */
  stored: readonly StoredFile[];
  /** Pages that the run may still read. */
  budget: { pages: number };
}

interface OpenFile {
  key: string;
  gzip: GzipBuffer;
  rows: number;
  upTo: string | null;
}

/** Ends without a last file if the budget does. */
export async function* writeSource(source: BackupSource, writing: Writing): AsyncGenerator<StoredFile> {
  const { run, stored, budget } = writing;
  let upTo = stored.at(-1)?.upTo ?? null;
  let part = stored.length;
  const openNext = (): OpenFile => {
    part += 1;
    const { prefix, name, extension } = source.file;
    const key = fileKey(prefix, writing.date, name, part, extension);
    const transforms = source.isSealed && run.sealing !== null ? [run.sealing.seal(key)] : [];
    return { key, gzip: new GzipBuffer(transforms), rows: 0, upTo };
  };

  let file = openNext();
  for await (const page of source.pages(upTo)) {
    await run.keep();
    await file.gzip.write(page.lines);
    file.rows += page.rows;
    upTo = page.upTo;
    file.upTo = upTo;
    budget.pages -= 1;
    if (budget.pages > 0 && file.gzip.writtenBytes < run.fileBytes) continue;
    yield await store(source, writing, file, false);
    if (budget.pages <= 0) return;
    file = openNext();
  }
  yield await store(source, writing, file, true);
}

async function store(
  source: BackupSource,
  { storage, run, migration }: Writing,
  { key, gzip, rows, upTo }: OpenFile,
  isLast: boolean,
): Promise<StoredFile> {
  const bytes = await gzip.end();
  await run.claim();
  const sealedWith = source.isSealed ? (run.sealing?.keyId ?? null) : null;
  const startedAt = new Date(run.startedAtMs).toISOString();
  return storeFile(storage, bytes, {
    ...{ key, source: source.name, rows, sealedWith, upTo, isLast, migration, startedAt },
  });
}
