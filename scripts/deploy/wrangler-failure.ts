/** Wrangler's own words about a failure: the end of them, indented, without credentials. */
import { stripVTControlCharacters } from 'node:util';
import { type CommandFailure, refusal } from '../operations/command-failure.ts';
import type { WranglerRun } from '../platform/run-wrangler.ts';

const SHOWN_LINES = 25;
const SECRET_VARIABLES = ['CLOUDFLARE_API_TOKEN', 'CLOUDFLARE_API_KEY', 'ADMIN_KEY', 'OPERATIONS_KEY'];

/** @param failed a sentence without its full stop */
export function wranglerFailure(failed: string, { exitCode, stdout, stderr }: WranglerRun): CommandFailure {
  const lines = withoutSecrets(stripVTControlCharacters(`${stdout}\n${stderr}`))
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  const shown = lines.slice(-SHOWN_LINES).map((line) => `    ${line}`);
  return refusal('WRANGLER', [`${failed}: wrangler ended with ${exitCode}.`, ...shown].join('\n'));
}

export const withoutSecrets = (text: string, env: NodeJS.ProcessEnv = process.env): string =>
  SECRET_VARIABLES.map((name) => env[name] ?? '')
    .filter((secret) => secret !== '')
    .reduce((shown, secret) => shown.replaceAll(secret, '•••'), text);
