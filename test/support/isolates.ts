/** The isolate that the Durable Objects of tests share, and a way to have them share a new one. */
import { env } from 'cloudflare:workers';
import { createIsolates, type IsolateOf } from '../../src/app/isolate.ts';
import { quickPasswords } from './quick-passwords.ts';
import { viewerOfTests, viewersOfTests } from './signed-in.ts';

const SIGNED_IN_BY_TESTS = {
  viewerOf: viewerOfTests,
  viewersOf: viewersOfTests,
  passwords: quickPasswords,
};
let current = createIsolates(SIGNED_IN_BY_TESTS);

export const isolateOf: IsolateOf = (env) => current(env);

/**
 * Objects that are evicted after this wake in an isolate that remembers nothing.
 *
 * @param bindings in the place of the environment's
 */
export function coldIsolate(bindings: Partial<Env> = {}): void {
  const isolates = createIsolates(SIGNED_IN_BY_TESTS);
  const replaced = { ...env, ...bindings };
  current = () => isolates(replaced);
}

/** The same, with the accounts that are in D1. @param bindings in the place of the environment's */
export function isolateWithAccounts(bindings: Partial<Env> = {}): void {
  const isolates = createIsolates({ passwords: quickPasswords });
  const replaced = { ...env, ...bindings };
  current = () => isolates(replaced);
}
