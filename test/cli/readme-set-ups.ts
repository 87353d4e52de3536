/** README's client set-ups, read from its text and run as it says, in a folder beside the clients' node_modules. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { RunOperations } from './running-operations.ts';

const APP_FOLDER = 'test/clients/.readme';
const PUBLISH = 'npm --prefix ../gateway run operations -- ';
/** A command that has not ended by then has failed. */
const COMMAND_TIMEOUT_MS = 60_000;

export interface SetUp {
  /** By path in the app's folder. */
  files: ReadonlyMap<string, string>;
  /** Command lines in the order of the text; those that install packages are not among them. */
  commands: readonly string[];
  /** Names of packages that it says to install. */
  packages: readonly string[];
}

export async function readReadme(): Promise<{ nodeVersion: string | undefined; setUps: Map<string, SetUp> }> {
  const readme = await readFile('README.md', 'utf8');
  const [, clients = ''] = /^## Clients\n([\s\S]*?)^## /m.exec(readme) ?? [];
  const [, ...sections] = clients.split(/^### /m);
  return {
    nodeVersion: /run on Node (\d+)/.exec(clients)?.[1],
    setUps: new Map(sections.map((section) => [section.slice(0, section.indexOf('\n')), setUpOf(section)])),
  };
}

function setUpOf(section: string): SetUp {
  const files = section.matchAll(/^`my-app\/([^`]+)`[^\n]*:\n\n```js(?:on)?\n([\s\S]*?)^```$/gm);
  const shell = [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, text = '']) =>
    text.replaceAll('\\\n', '').trim().split('\n'),
  );
  const installs = shell.filter((line) => line.startsWith('npm install '));
  return {
    files: new Map([...files].map(([, file = '', text = '']) => [file, text])),
    commands: shell.filter((line) => !installs.includes(line)),
    packages: installs.flatMap((line) => line.split(/ +/).slice(2)).filter((word) => !word.startsWith('--')),
  };
}

export const clearApp = () => rm(APP_FOLDER, { recursive: true, force: true });

export interface Gateway {
  url: string;
  operations: RunOperations;
}

/** Writes the files and runs the commands; the last one runs until it has printed so many lines, which are returned. */
export async function runSetUp(setUp: SetUp, { url, operations }: Gateway, lines: number): Promise<string[]> {
  const { host } = new URL(url);
  for (const [file, text] of setUp.files) {
    const target = path.join(APP_FOLDER, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, text.replaceAll('localhost:8787', host));
  }
  // A killed npx would leave its child running.
  const last = (setUp.commands.at(-1) ?? '').replace(/^npx /, '');
  for (const command of setUp.commands.slice(0, -1)) {
    if (command.startsWith(PUBLISH)) {
      const { exitCode, err } = await operations(
        command.slice(PUBLISH.length).replace('../my-app', APP_FOLDER),
      );
      assert.equal(exitCode, 0, err);
    } else {
      const child = spawnInApp(['sh', '-c', command.replace('../gateway', '../../..')]);
      child.stdout.resume();
      const [exitCode] = await once(child, 'close');
      assert.equal(exitCode, 0, command);
    }
  }
  const child = spawnInApp(last.split(' '));
  const printed: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    printed.push(line);
    if (printed.length === lines) break;
  }
  child.kill();
  return printed;
}

/** `node` is this process's own, and `npx` finds the clients' binaries. */
function spawnInApp([name = '', ...args]: readonly string[]) {
  const ownNode = path.dirname(process.execPath);
  return spawn(name, args, {
    cwd: APP_FOLDER,
    timeout: COMMAND_TIMEOUT_MS,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PATH: `${ownNode}:${process.env.PATH}` },
  });
}
