/** The isolate that the Durable Objects of tests share, and a way to have them share a new one. */
import { createIsolates, type IsolateOf } from '../../src/app/isolate.ts';
import { viewerOfTests } from './signed-in.ts';

let current = createIsolates({ viewerOf: viewerOfTests });

export const isolateOf: IsolateOf = (env) => current(env);

/** Objects that are evicted after this wake in an isolate that remembers nothing. */
export function coldIsolate(): void {
  current = createIsolates({ viewerOf: viewerOfTests });
}

/** The same, with the accounts that are in D1. */
export function isolateWithAccounts(): void {
  current = createIsolates();
}
