/**
 * Temporary files of this process, and of those that it starts, lie in memory where the machine has room. Local D1, KV and
 * R2 are such files, and each write to a disk waits for it.
 */
import { existsSync, statfsSync } from 'node:fs';

const MEMORY_FOLDER = '/dev/shm';
/** Many times what a run stores; the folder of a container often has 64 MB. */
const MEMORY_FOLDER_MIN_BYTES = 2 ** 31;

if (existsSync(MEMORY_FOLDER)) {
  const { bavail, bsize } = statfsSync(MEMORY_FOLDER);
  if (bavail * bsize >= MEMORY_FOLDER_MIN_BYTES) process.env.TMPDIR = MEMORY_FOLDER;
}
