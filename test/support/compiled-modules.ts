/** Processes that tests start compile the same modules, wrangler's among them: the first one leaves them in a folder, which ends with the run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export default function keepCompiled(): () => void {
  const folder = mkdtempSync(path.join(tmpdir(), 'com2000-compiled-'));
  process.env.NODE_COMPILE_CACHE = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
