/** Wrangler's own words about a failure: the end of them, indented, without credentials. */
import { stripVTControlCharacters } from 'node:util';
import { SECRET_NAMES } from '../../src/config.ts';
import { type CommandFailure, refusal } from '../operations/command-failure.ts';
import type { WranglerRun } from '../platform/run-wrangler.ts';

const SHOWN_LINES = 25;
/** A shorter value would hide words that are none. */
const SECRET_MIN_CHARACTERS = 12;

/** @param failed a sentence without its full stop */
export function wranglerFailure(failed: string, { exitCode, stdout, stderr }: WranglerRun): CommandFailure {
  const lines = withoutSecrets(stripVTControlCharacters(`${stdout}\n${stderr}`))
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  const shown = lines.slice(-SHOWN_LINES).map((line) => `    ${line}`);
  return refusal('WRANGLER', [`${failed}: wrangler ended with ${exitCode}.`, ...shown].join('\n'));
}

const withoutSecrets = (text: string, env: NodeJS.ProcessEnv = process.env): string =>
  Object.entries(env)
    .filter(([name, value = '']) => isSecret(name) && value.length >= SECRET_MIN_CHARACTERS)
    .reduce((shown, [, secret = '']) => shown.replaceAll(secret, '•••'), text);

const isSecret = (name: string) =>
  (SECRET_NAMES as readonly string[]).includes(name) || /(KEY|TOKEN|SECRET)$/.test(name);
