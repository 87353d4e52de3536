/**
 * The variables that name the account and permit to change it. Apart from the client, whose SDK takes a third of a second to load.
 */
import type { Environment } from '../operations/gateway-options.ts';

const CREDENTIALS = {
  CLOUDFLARE_API_TOKEN: 'a token of the account',
  CLOUDFLARE_ACCOUNT_ID: 'the account',
} as const;

/** One line for each variable that a deployment needs and the environment has not. */
export const missingCredentials = (env: Environment): string[] =>
  Object.entries(CREDENTIALS)
    .filter(([name]) => !env[name])
    .map(([name, meaning]) => `${name} is not set: ${meaning}`);
