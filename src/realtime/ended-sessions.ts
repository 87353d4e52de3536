/** Tells every hub of sessions that have ended, in one call for each hub: it closes their sockets. */
import { HUB_PUBLISH_TIMEOUT_MS, SUBSCRIPTION_HUBS } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import { answerWithin } from '../storage/answer-within.ts';

/** Never rejects: a hub that is not told asks for the viewer again at each event. */
export async function notifyEnded(
  hubs: Pick<Env['SUBSCRIPTION_HUBS'], 'getByName'>,
  sessionIds: readonly string[],
): Promise<void> {
  const numbers = Array.from({ length: SUBSCRIPTION_HUBS }, (_, number) => number);
  const calls = numbers.map((number) => {
    const hub = hubs.getByName(`hub-${number}`);
    return answerWithin(HUB_PUBLISH_TIMEOUT_MS, 'hub', () => hub.endSessions([...sessionIds]));
  });
  for (const outcome of await Promise.allSettled(calls)) {
    if (outcome.status === 'rejected') log.warn('sessions.hub_not_told', errorFields(outcome.reason));
  }
}
