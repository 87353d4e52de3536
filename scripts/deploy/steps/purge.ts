/**
 * Makes caches forget answers that another version of the Worker has made.
 *
 * Workers Caching has a cache for each version (developers.cloudflare.com/workers/cache/cache-keys): a new one begins empty, and
 * one that is rolled back to finds its answers from before. Versions of the same schema share the answers in KV. So all answers
 * become outdated, and the version that serves drops those in front of it: at once, and again when every isolate knows that the
 * answers in KV are outdated. Files stay: no version makes them.
 */
import * as z from 'zod';
import { CACHE_TAGS } from '../../../schema/cache-hints.ts';
import { raiseGenerations } from '../../../src/cache/raise-generations.ts';
import { PURGE_DELAY_MS } from '../../../src/sync/cache-generations.ts';
import { createAdminClient } from '../../operations/admin-client.ts';
import { refusal } from '../../operations/command-failure.ts';
import type { Deployment, Report, Step } from '../step.ts';

/**
 * The generation of prices is the time of their snapshot, and has no other meaning until the next minute. Their answers live a minute,
 * and are not in KV.
 */
const RAISED_TAGS = CACHE_TAGS.filter((tag) => tag !== 'prices');

const purgeAnswer = z.object({ purge: z.enum(['purged', 'refused', 'none']) });

type PurgeSources = Pick<Deployment, 'd1' | 'kv' | 'gateway' | 'nowMs' | 'sleep'>;

export const purgeCaches: Step = {
  name: 'purge',
  followsReturn: true,
  describe: ({ kind }) =>
    kind === 'first'
      ? 'purge nothing: no version has made answers before'
      : 'make the answers of the version before outdated, and purge those in front of the Worker',
  async run(deployment, report) {
    if (deployment.kind === 'first') {
      report('no version has made answers before');
      return;
    }
    await outdateAnswers(deployment);
    report('the answers in KV are outdated');
    await purgeInFront(deployment, report);
  },
};

/** Works without the gateway. @throws CommandFailure */
export async function outdateAnswers({ d1, kv, nowMs, sleep }: PurgeSources): Promise<void> {
  const nowSeconds = Math.floor(nowMs() / 1000);
  const raised = RAISED_TAGS.map((tag) => [tag, nowSeconds] as const);
  await raiseGenerations({ db: d1, kv, sleep, random: Math.random }, raised);
}

/** @throws CommandFailure where the gateway does not answer, or the platform refuses the purge */
export async function purgeInFront({ gateway, sleep }: PurgeSources, report: Report): Promise<void> {
  const { origin, adminKey } = gateway;
  if (adminKey === undefined) {
    report('caches in front are not purged: there is no OPERATIONS_KEY. They keep an answer for its max-age');
    return;
  }
  const admin = createAdminClient(origin, adminKey);
  const purge = () => admin.send('POST', '/admin/caches/purge', {}, purgeAnswer);
  const first = await purge();
  if (first.purge === 'none') {
    report('no cache of the platform is in front of the Worker');
    return;
  }
  report(`caches in front: ${first.purge}. Again in ${PURGE_DELAY_MS / 1000} s, when every isolate knows`);
  await sleep(PURGE_DELAY_MS);
  const { purge: outcome } = await purge();
  if (outcome === 'refused')
    throw refusal(
      'PURGE_REFUSED',
      'The platform refused the purge of caches in front. They keep an answer for its max-age.',
    );
  report(`caches in front: ${outcome}`);
}
