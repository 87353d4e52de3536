/**
 * Runs `node --test` with these arguments. The many processes of a run compile the same modules, wrangler's among them, and
 * bundle the same Workers: the first one leaves both in a folder, which ends with the run.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import './temporary-files-in-memory.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'com2000-run-'));
const tests = spawn(process.execPath, ['--test', ...process.argv.slice(2)], {
  env: { ...process.env, BUNDLES_FOLDER: folder, NODE_COMPILE_CACHE: path.join(folder, 'compiled') },
  stdio: 'inherit',
});
// A terminal's Ctrl-C reaches the tests too.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => tests.kill());
await once(tests, 'close');
rmSync(folder, { recursive: true, force: true });
process.exitCode = tests.exitCode ?? 1;
