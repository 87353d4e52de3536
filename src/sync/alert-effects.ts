/** The effects of each run of the job `alerts`: it sends the notices that are due, and asks the heartbeat. */
import { sendNotifications } from '../alerts/send-notifications.ts';
import type { JobEffect } from './job.ts';

export const alertEffects: readonly JobEffect[] = [
  {
    failureEvent: 'alerts.notices_not_sent',
    run: ({ db, alertChannels: channels, sendNotice: send, nowMs }) =>
      sendNotifications({ db, channels, send, nowSeconds: () => Math.floor(nowMs() / 1000) }),
  },
  {
    failureEvent: 'alerts.heartbeat_failed',
    // A monitor outside of the platform notices when the rules are looked at no more.
    run: async ({ askHeartbeat }, { outcome }) => {
      if (outcome === 'ok' || outcome === 'partial') await askHeartbeat();
    },
  },
];
