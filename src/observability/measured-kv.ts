import type { IsolateCalls } from './isolate-calls.ts';
import { inSpan } from './running-work.ts';

type Call = (...args: unknown[]) => Promise<unknown>;

/** The same namespace, whose reads and writes are counted. A bulk read counts each of its keys, as it is billed. */
export function measuredKv(kv: KVNamespace, calls: IsolateCalls): KVNamespace {
  const counting =
    (method: keyof KVNamespace, count: (keys: unknown) => void): Call =>
    (...args) => {
      count(args[0]);
      return inSpan('kv', () => (kv[method] as Call)(...args));
    };
  const read = (keys: unknown) => {
    calls.counts.kvReads += Array.isArray(keys) ? keys.length : 1;
  };
  const written = () => {
    calls.counts.kvWrites += 1;
  };
  return {
    get: counting('get', read),
    getWithMetadata: counting('getWithMetadata', read),
    put: counting('put', written),
    delete: counting('delete', written),
    list: counting('list', written),
  } as unknown as KVNamespace;
}
