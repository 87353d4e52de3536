/** The commands that a page or a workflow has its reader type. */

/** A line of a shell, or code within a line; a line that goes on is one command. */
const COMMAND =
  /\bnp(?:x wrangler|m run(?: --silent)? ([\w:-]+)(?: --)?(?= |$|`)) ?((?:\\\n|[^`\n|<>;&#]|<(?! )[^>\n]*>)*)/gm;

export interface DocumentedCommand {
  /** Of package.json; `wrangler` for wrangler. */
  script: string;
  /** As a shell splits them, with their quotes. */
  words: readonly string[];
}

export const documentedCommands = (page: string): DocumentedCommand[] =>
  [...page.matchAll(COMMAND)].map(([, script = 'wrangler', rest = '']) => ({
    script,
    words: rest.match(/(?:"[^"]*"|'[^']*'|\$\{\{.*?\}\}|[^\s\\"'])+/g) ?? [],
  }));

/** Of `--env=production` the name alone. */
export const optionsOf = (words: readonly string[]): string[] =>
  words.flatMap((word) => word.match(/^--([\w-]+)/)?.[1] ?? []);
