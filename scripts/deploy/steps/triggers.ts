import type { Step } from '../step.ts';
import { wranglerFailure } from '../wrangler-failure.ts';

/** `wrangler versions deploy` leaves them as they were. */
export const triggers: Step = {
  name: 'triggers',
  describe: () => 'set crons, domains and routes as wrangler.toml has them',
  async run({ wrangler, target }) {
    const ran = await wrangler(['triggers', 'deploy', '--env', target.name]);
    if (ran.exitCode !== 0) throw wranglerFailure('Crons, domains or routes were not set', ran);
  },
};
