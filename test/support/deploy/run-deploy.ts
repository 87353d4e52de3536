/** `npm run deploy -- …` inside this process, with the output that a process of its own would have. */
import { runDeploy as runCommand } from '../../../scripts/deploy/run-deploy.ts';
import { collectOutput } from '../collected-output.ts';
import type { Staging } from './staging.ts';

export async function runDeploy(args: readonly string[], { project, variables }: Staging) {
  const { printed, print, complain } = collectOutput();
  const exitCode = await runCommand(args, {
    folder: project.folder,
    env: { ...process.env, ...variables },
    print,
    complain,
    endSignal: () => new AbortController().signal,
  });
  return { exitCode, ...printed };
}
