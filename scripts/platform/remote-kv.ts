import { askPlatform, type PlatformClient } from './platform-client.ts';

/**
 * A KV namespace over the platform's API in the form of a Worker's binding, for `put` alone.
 *
 * @throws CommandFailure where the platform refuses or does not answer
 */
export function remoteKv({ client, accountId }: PlatformClient, namespaceId: string): KVNamespace {
  const namespace = {
    async put(key: string, value: string) {
      const namespace = { account_id: accountId, namespace_id: namespaceId };
      await askPlatform(`${key} was not written to KV`, async () =>
        client.kv.namespaces.values.update(key, { ...namespace, value }),
      );
    },
  };
  return namespace as unknown as KVNamespace;
}
