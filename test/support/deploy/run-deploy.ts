/** `npm run deploy -- …` inside this process, with the output that a process of its own would have. */
import { runDeploy as runCommand } from '../../../scripts/deploy/run-deploy.ts';
import type { Staging } from './staging.ts';

export async function runDeploy(args: readonly string[], { project, variables }: Staging) {
  const ran = { exitCode: -1, out: '', err: '' };
  ran.exitCode = await runCommand(args, {
    folder: project.folder,
    env: { ...process.env, ...variables },
    print: (text) => {
      ran.out += `${text}\n`;
    },
    complain: (text) => {
      ran.err += `${text}\n`;
    },
    endSignal: () => new AbortController().signal,
  });
  return ran;
}
