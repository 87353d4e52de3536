/**
 * Many processes of one run of tests compile the same modules, wrangler's among them, and bundle the same Workers: the first
 * one leaves both in a folder, which ends with the run.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import './temporary-files-in-memory.ts';

// Processes of single files inherit both.
if (process.env.BUNDLES_FOLDER === undefined) {
  const folder = mkdtempSync(path.join(tmpdir(), 'com2000-run-'));
  process.env.BUNDLES_FOLDER = folder;
  process.env.NODE_COMPILE_CACHE ??= path.join(folder, 'compiled');
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
}
