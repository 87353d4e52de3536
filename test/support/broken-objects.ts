/** Durable Objects that lose their memory, as the platform lets them. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';

/** Its requests end first. One that does not run has nothing to lose, and one that is never idle keeps it. */
export async function evicted(object: DurableObjectStub): Promise<void> {
  try {
    await evictDurableObject(object);
  } catch (error) {
    if (!/not currently running|still has active references/.test(String(error))) throw error;
  }
}

/** In the middle of its requests, whose answers are lost, as are its sockets. */
export async function broken(object: DurableObjectStub): Promise<void> {
  try {
    await runInDurableObject(object, (_, state) => state.abort('broken by a test'));
  } catch (error) {
    if (!String(error).includes('broken by a test')) throw error;
  }
}
