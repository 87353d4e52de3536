import { bringLivenessToKv, ReleaseRefusal } from '../../../src/operations/liveness-writes.ts';
import { bundledRelease, restRelease } from '../../../src/operations/manifest.ts';
import { recordBundledReleases } from '../../../src/operations/publish-release.ts';
import { findRelease, isLivenessCopied } from '../../../src/storage/d1/releases.ts';
import { refusal } from '../../operations/command-failure.ts';
import type { Step } from '../step.ts';

/**
 * Publishes the operations of the project before a version serves that bundles them, so that every version can look them up in D1. They
 * stay published after a rollback: apps may send them, and the older version runs those that its schema has. Works without the gateway.
 */
export const publishOwnOperations: Step = {
  name: 'own operations',
  describe: () =>
    [bundledRelease, restRelease].map(({ client, version }) => `publish ${client} ${version}`).join(', '),
  async run({ d1: db, kv, nowMs, sleep }, report) {
    const stores = { db, kv, nowMs, sleep, random: Math.random, randomId: () => crypto.randomUUID() };
    for (const { client, version } of [bundledRelease, restRelease]) {
      const held = await findRelease(db, { client, version });
      report(`${client} ${version}: ${held === null ? 'new' : `is ${held.state} already`}`);
    }
    try {
      await recordBundledReleases(stores);
      // An earlier run may have been cut off between D1 and KV.
      if (!(await isLivenessCopied(db))) await bringLivenessToKv(stores);
    } catch (error) {
      if (!(error instanceof ReleaseRefusal)) throw error;
      const { code, message } = error;
      if (code !== 'LIVENESS_NOT_WRITTEN') throw refusal(code, message);
      throw refusal(code, 'The releases are in D1, and KV was not written: run the command again.');
    }
  },
};
