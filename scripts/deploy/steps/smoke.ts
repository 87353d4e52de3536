import { refusal } from '../../operations/command-failure.ts';
import { smokeTest } from '../smoke.ts';
import type { Step } from '../step.ts';

export const smoke: Step = {
  name: 'smoke tests',
  movesTraffic: true,
  describe: ({ target }) => `ask each endpoint of ${target.publicOrigin} of the new version alone`,
  async run({ gateway, target, state, nowMs, sleep }) {
    const { origin, fetch } = gateway;
    const { versionNow: versionId } = state;
    if (versionId === null) throw new Error('Smoke tests run after the upload.');
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
