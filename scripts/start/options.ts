/** The command line of `npm start`. */
import { parseArgs } from 'node:util';

const STATE_FOLDER = '.wrangler/state';

const HELP = `npm start                       the whole market on this machine; Ctrl-C ends it
npm start -- --state <folder>   the folder of the local D1, KV and Durable Objects (${STATE_FOLDER})
npm start -- --quick            generates nothing, has files of few projects, and leaves the jobs of the night to the night: no daily candles at first
npm start -- --headless         for scripts: without GraphiQL, which is most of the Worker, and blind to changes of the code
npm start -- --help             this text

Settings come from variables, then .dev.vars, then wrangler.toml: for example
PORT=9000 ADMIN_KEY=<32 characters or more> npm start
PORT=0 takes any free port. docs/operating.md lists all of them.`;

/** The options, or the text to print and the exit code to end with. */
export type StartOptions =
  | { state: string; quick: boolean; headless: boolean }
  | { text: string; exitCode: 0 | 2 };

export function readOptions(args: readonly string[]): StartOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        state: { type: 'string', default: STATE_FOLDER },
        quick: { type: 'boolean', default: false },
        headless: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
    const { help, state, quick, headless } = values;
    return help === true ? { text: HELP, exitCode: 0 } : { state, quick, headless };
  } catch (error) {
    // The only errors that parseArgs throws are about the arguments.
    return { text: `${error instanceof Error ? error.message : String(error)}\n\n${HELP}`, exitCode: 2 };
  }
}
