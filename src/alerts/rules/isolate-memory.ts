import type { AlertRule } from '../rule.ts';
import { MINUTE_SECONDS } from '../watched-time.ts';
import { RECENT_MINUTES } from '../windows.ts';

/** The memories of an isolate are almost full. */
export const isolateMemory: AlertRule = {
  name: 'isolate-memory',
  runbook: 'isolate-memory',
  severity: 'ticket',
  windowSeconds: RECENT_MINUTES * MINUTE_SECONDS,
  holdSeconds: 600,
  recoverySeconds: 600,
  minimum: 0,
  counted: '',
  inWords: (value) => `${(value * 100).toFixed(1)} % of the budget`,
  breaches({ recent }, { threshold }) {
    if (recent === null) return null;
    const { memoryShare } = recent;
    if (memoryShare === null || memoryShare <= threshold) return [];
    const summary = `An isolate's memories have ${(memoryShare * 100).toFixed(1)} % of their budget.`;
    return [{ subject: '', value: memoryShare, summary }];
  },
};
