/** The checkout that is deployed. */
import spawn, { SubprocessError } from 'nano-spawn';
import { wrongUse } from '../operations/command-failure.ts';
import type { Environment } from '../operations/gateway-options.ts';

export interface Checkout {
  /** The folder of wrangler.toml and migrations/. */
  folder: string;
  /** 40 hex digits. */
  commit: string;
  /** Files that are not committed, as `git status` prints them. */
  changes: readonly string[];
  /** Who deploys: the account of a workflow's run, else the e-mail address that git knows. */
  deployer: string;
  /** Undefined where the checkout does not know the commit, as a shallow one does not. */
  descendsFrom(commit: string): Promise<boolean | undefined>;
}

/** @throws CommandFailure where the folder is no checkout of git */
export async function readCheckout(folder: string, env: Environment): Promise<Checkout> {
  const git = async (...args: string[]) => (await spawn('git', args, { cwd: folder })).stdout;
  const commit = await git('rev-parse', 'HEAD').catch((error: unknown) => {
    throw wrongUse(
      `${folder} is no checkout with a commit: ${error instanceof Error ? error.message : error}`,
    );
  });
  const changes = (await git('status', '--porcelain')).split('\n').filter((line) => line !== '');
  const email = await git('config', 'user.email').catch((error: unknown) => {
    // It is not set.
    if (error instanceof SubprocessError) return '';
    throw error;
  });
  return {
    folder,
    commit,
    changes,
    deployer: env.GITHUB_TRIGGERING_ACTOR || env.GITHUB_ACTOR || email || 'unknown',
    async descendsFrom(ancestor) {
      try {
        await git('merge-base', '--is-ancestor', ancestor, commit);
        return true;
      } catch (error) {
        if (!(error instanceof SubprocessError)) throw error;
        return error.exitCode === 1 ? false : undefined;
      }
    },
  };
}
