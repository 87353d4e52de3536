/** The options of commands that ask a gateway, and the environment that stands for them. */
import { Option } from '@commander-js/extra-typings';
import { createAdminClient } from './admin-client.ts';
import { nonEmpty } from './command.ts';
import { wrongUse } from './command-failure.ts';

const URL_DEFAULT = 'http://localhost:8787';

export type Environment = Readonly<Record<string, string | undefined>>;

export const urlOption = (environment: Environment) =>
  new Option('--url <address>', 'the gateway; or OPERATIONS_URL')
    .argParser(nonEmpty)
    .default(environment.OPERATIONS_URL || URL_DEFAULT);

export const keyOption = () =>
  new Option('--key <key>', 'a key; better in OPERATIONS_KEY, where `ps` does not show it').argParser(
    nonEmpty,
  );

/** @throws CommandFailure for an address that no gateway can have */
export function httpAddress(url: string): string {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw wrongUse(`${url} is not an http(s) address`);
  return url;
}

/** @throws CommandFailure where there is no key */
export function gatewayOf({ url, key }: { url: string; key?: string | undefined }, environment: Environment) {
  const given = keyOf(key, environment);
  if (given === undefined)
    throw wrongUse('There is no key: set OPERATIONS_KEY or ADMIN_KEY to a key of the gateway.');
  return createAdminClient(url, given);
}

/** Undefined where there is none. */
export const keyOf = (option: string | undefined, environment: Environment): string | undefined =>
  option ?? (environment.OPERATIONS_KEY || environment.ADMIN_KEY || undefined);
