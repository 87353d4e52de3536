/** The last release and the working tree, each bundled by wrangler as production gets it. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundleWorker, productionConfig } from '../../../bench/bundle.ts';
import type { Version } from './hosted.ts';

/** Stands for the last release while the history has no tag. */
const BEFORE_THE_FIRST_TAG = 'c487403';

export interface BuiltVersion {
  /** The tag or commit, or the working tree. */
  name: string;
  script: string;
  /** The vars of production. */
  vars: Record<string, string>;
  /** The operations that it bundles. */
  operations: readonly { id: string; name: string; kind: string; document: string }[];
}

export type BuiltVersions = Record<Version, BuiltVersion>;

const git = (...args: readonly string[]): Buffer =>
  execFileSync('git', args, { maxBuffer: 1024 ** 3, stdio: ['ignore', 'pipe', 'pipe'] });

/** The tag of the last release. @throws if the history does not have it */
function lastRelease(): string {
  let release = BEFORE_THE_FIRST_TAG;
  try {
    release = git('describe', '--tags', '--abbrev=0').toString().trim();
  } catch {
    // No tag can be reached from here.
  }
  try {
    git('rev-parse', '--verify', '--quiet', `${release}^{commit}`);
  } catch {
    throw new Error(
      `This clone has no ${release}, whose code the working tree is tried with: fetch the history (git fetch --unshallow --tags).`,
    );
  }
  return release;
}

/** Wrangler resolves the packages of both from the working tree. */
export async function buildVersions(signal: AbortSignal): Promise<BuiltVersions> {
  const release = lastRelease();
  const folder = await mkdtemp(path.join(tmpdir(), 'com2000-neighbours-'));
  try {
    execFileSync('tar', ['--extract', '--directory', folder], { input: git('archive', release) });
    await symlink(path.resolve('node_modules'), path.join(folder, 'node_modules'));
    const [older, newer] = await Promise.all([
      buildVersion(release, folder, signal),
      buildVersion('the working tree', '.', signal),
    ]);
    return { older, newer };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function buildVersion(name: string, project: string, signal: AbortSignal): Promise<BuiltVersion> {
  const script = await bundleWorker(signal, undefined, project);
  const { operations } = JSON.parse(await readFile(path.join(project, 'operations/manifest.json'), 'utf8'));
  return { name, script, vars: productionConfig(project).vars as Record<string, string>, operations };
}
