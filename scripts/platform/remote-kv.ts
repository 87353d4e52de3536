import Cloudflare from 'cloudflare';
import { unreachable } from '../operations/command-failure.ts';
import type { PlatformClient } from './platform-client.ts';

/**
 * A KV namespace over the platform's API in the form of a Worker's binding, for `put` alone.
 *
 * @throws CommandFailure where the platform refuses or does not answer
 */
export function remoteKv({ client, accountId }: PlatformClient, namespaceId: string): KVNamespace {
  const namespace = {
    async put(key: string, value: string) {
      try {
        const account = { account_id: accountId, namespace_id: namespaceId };
        await client.kv.namespaces.values.update(key, { ...account, value });
      } catch (error) {
        if (!(error instanceof Cloudflare.APIError)) throw error;
        throw unreachable(`KV of the platform: ${error.message}`);
      }
    },
  };
  return namespace as unknown as KVNamespace;
}
