import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { experimental_getWranglerCommands } from 'wrangler';
import packageJson from '../../../package.json' with { type: 'json' };
import { type DocumentedCommand, documentedCommands, optionsOf } from '../../support/documented-commands.ts';

const filesOf = (folder: string, end: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(end))
    .map((name) => `${folder}/${name}`);
const read = (page: string) => readFileSync(page, 'utf8');
const PAGES = [
  ...['README.md', 'CONTRIBUTING.md'],
  ...filesOf('docs', '.md'),
  ...filesOf('.github/workflows', '.yml'),
];
const COMMANDS = PAGES.flatMap((page) => documentedCommands(read(page)));
/** Those of operators, which print their options and do nothing else at `--help`. */
const OPERATORS = /^(deploy|rollback|smoke|zone|monitor|cost|alerts|backup|ledger|operations)$/;

const { registry, globalFlags } = experimental_getWranglerCommands();

/** Null where the words name a command of wrangler, something that it works on, and options that it has. */
function faultOf(words: readonly string[]): string | null {
  let node: { definition?: typeof registry.definition; subtree: typeof registry.subtree } = registry;
  const rest = [...words];
  for (
    let next = node.subtree.get(rest[0] ?? '');
    next !== undefined;
    next = node.subtree.get(rest[0] ?? '')
  ) {
    node = next;
    rest.shift();
  }
  const { definition } = node;
  if (definition?.type !== 'command') return `no command: ${words.join(' ')}`;
  const { args = {}, positionalArgs = [] } = definition;
  const unknown = optionsOf(rest).filter((name) => !(name in args || name in globalFlags));
  if (unknown.length > 0) return `no option ${unknown.join(' ')}: ${words.join(' ')}`;
  const missing = positionalArgs.filter(
    (name, index) => args[name]?.demandOption === true && /^(--.*)?$/.test(rest[index] ?? ''),
  );
  return missing.length === 0 ? null : `no ${missing.join(' ')}: ${words.join(' ')}`;
}

test('wrangler has each command that a page has its reader type, with its options', () => {
  const commands = COMMANDS.filter(({ script }) => script === 'wrangler');
  expect(commands.length).toBeGreaterThan(50);
  expect(commands.flatMap(({ words }) => faultOf(words) ?? [])).toEqual([]);
});

test.each([
  ['d1 creat name', 'no command'],
  ['d1 create', 'no name'],
  ['d1 create name --place weur', 'no option place'],
  ['secret put --env production', 'no key'],
])('wrangler %s would be found: %s', (command, fault) => {
  expect(faultOf(command.split(' '))).toMatch(fault);
});

test('each script that a page has its reader run exists', () => {
  const scripts = COMMANDS.map(({ script }) => script).filter((script) => script !== 'wrangler');
  expect(scripts.filter((script) => !(script in packageJson.scripts))).toEqual([]);
});

const helps = new Map<string, string>();

async function helpOf(script: string, command: readonly string[] = []): Promise<string> {
  const key = [script, ...command].join(' ');
  const [, file] = /^node (\S+)$/.exec(packageJson.scripts[script as 'zone'] ?? '') ?? [];
  if (file === undefined) throw new Error(`package.json has no program ${script}`);
  const help = helps.get(key) ?? (await printedBy(file, [...command, '--help']));
  helps.set(key, help);
  return help;
}

/** Runs a program inside this process, one at a time: it shares wrangler with the others, which takes a second to load. */
async function printedBy(file: string, args: readonly string[]): Promise<string> {
  const { argv, exitCode, stdout } = process;
  const listeners = stdout.listeners('error');
  const written = vi.spyOn(stdout, 'write').mockReturnValue(true);
  const logged = vi.spyOn(console, 'log').mockReturnValue();
  process.argv = [process.execPath, file, ...args];
  try {
    // Its name with a query is a module of its own, which is run anew.
    await import(`${path.resolve(file)}?help=${helps.size}`);
    return [...written.mock.calls, ...logged.mock.calls].join('\n');
  } finally {
    written.mockRestore();
    logged.mockRestore();
    for (const added of stdout.listeners('error').slice(listeners.length))
      stdout.off('error', added as () => void);
    Object.assign(process, { argv, exitCode });
  }
}

const COMMAND_OF_HELP = /^ {2}([a-z][\w-]*)(?= \[| <| {2,})/gm;

/** Null where the program has the command and its options. */
async function faultOfOurs({ script, words }: DocumentedCommand): Promise<string | null> {
  const typed = `${script} ${words.join(' ')}`;
  const help = await helpOf(script);
  // Arguments are listed in the same way before.
  const [, listed = ''] = help.split(/^Commands:$/m);
  const commands = new Set([...listed.matchAll(COMMAND_OF_HELP)].map(([, name]) => name));
  // Behind options of the program, whose values are not known here, any word may be the command.
  const command = (words[0]?.startsWith('-') ? words : words.slice(0, 1)).find((word) => commands.has(word));
  if (commands.size > 0 && words.length > 0 && command === undefined) return `no command: ${typed}`;
  const options = optionsOf(words);
  const ofCommand = command === undefined || options.length === 0 ? '' : await helpOf(script, [command]);
  const unknown = options.filter(
    (name) => !new RegExp(`^ {2}(-\\w, )?--${name}(?![\\w-])`, 'm').test(help + ofCommand),
  );
  return unknown.length === 0 ? null : `no option ${unknown.join(' ')}: ${typed}`;
}

/** The options of `npm run deploy` that a person may choose where a workflow is started by hand. */
const CHOSEN = PAGES.flatMap((page) =>
  [...read(page).matchAll(/^ {8}options: \[(.+)\]$/gm)].map(([, options = '']) => options.split(', ')),
);

test('our commands have the sub-commands and options that pages and workflows type', async () => {
  const ours = COMMANDS.filter(({ script }) => OPERATORS.test(script));
  expect(new Set(ours.map(({ script }) => script)).size).toBeGreaterThan(5);
  expect(CHOSEN).toHaveLength(2);
  const chosen = CHOSEN.flat().map((option) => ({ script: 'deploy', words: ['production', option] }));
  const faults: string[] = [];
  for (const command of [...ours, ...chosen]) {
    const fault = await faultOfOurs(command);
    if (fault !== null) faults.push(fault);
  }
  expect(faults).toEqual([]);
});

test.each([
  ['plann', 'no command'],
  ['plann plan', 'no command'],
  ['plan --remove', 'no option remove'],
  ['drift --remove-unknown', 'no option remove-unknown'],
])('npm run zone -- %s would be found: %s', async (words, fault) => {
  expect(await faultOfOurs({ script: 'zone', words: words.split(' ') })).toMatch(fault);
});
