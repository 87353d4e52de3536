import { refusal } from '../../operations/command-failure.ts';
import { reasonOf } from '../../operations/failure-reason.ts';
import { smokeTest } from '../../smoke/smoke.ts';
import { retry } from '../retry.ts';
import type { Deployment, Report, Step } from '../step.ts';

/** The platform makes the DNS record and the certificate of a custom domain when it is first deployed, which takes minutes. */
const ADDRESS_ATTEMPTS = 120;
const ADDRESS_RETRY_MS = 5_000;
const ANSWER_TIMEOUT_MS = 10_000;

export const smoke: Step = {
  name: 'smoke tests',
  movesTraffic: true,
  describe: ({ target }) => `ask each endpoint of ${target.publicOrigin} of the new version alone`,
  async run(deployment, report) {
    const { gateway, target, state, kind, nowMs, sleep } = deployment;
    const { origin, fetch } = gateway;
    const { versionNow: versionId } = state;
    if (versionId === null) throw new Error('Smoke tests run after the upload.');
    if (kind === 'first') await waitForAddress(deployment, report);
    const version = { workerName: target.workerName, versionId };
    const findings = await smokeTest({ origin, version, fetch, nowMs, sleep });
    if (findings.length === 0) return;
    const lines = findings.map(({ check, problem }) => `    ${check}: ${problem}`);
    throw refusal(
      'SMOKE_TESTS',
      [`The new version fails its smoke tests at ${origin}:`, ...lines].join('\n'),
    );
  },
};

/** Ends when something answers, or when nobody waits so long: the smoke tests then say what is wrong. */
async function waitForAddress({ gateway, sleep }: Deployment, report: Report): Promise<void> {
  await retry(problem, {
    attempts: ADDRESS_ATTEMPTS,
    pauseMs: ADDRESS_RETRY_MS,
    isOver: (reason) => reason === null,
    onRetry(reason, attempt) {
      if (attempt === 1)
        report(
          `${gateway.origin} does not answer yet (${reason}): its DNS record and certificate take minutes`,
        );
    },
    sleep,
  });

  async function problem(): Promise<string | null> {
    try {
      const answer = await gateway.fetch(new URL('/health', gateway.origin), {
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
      await answer.body?.cancel();
      return null;
    } catch (error) {
      return reasonOf(error);
    }
  }
}
