/** Notices of tests. */
import type { AlertNotice } from '../../src/observability/notice.ts';

/** An incident of a rule that fires: the first of the two notices of it. */
export const firedNotice = (incidentId: string, own: Partial<AlertNotice> = {}): AlertNotice => ({
  id: `${incidentId}-fired`,
  kind: 'alert',
  event: 'fired',
  incidentId,
  rule: 'slow-operation',
  severity: 'page',
  subject: 'ProjectList',
  summary: 'ProjectList takes 812 ms at p95.',
  value: '812 ms',
  threshold: '500 ms',
  startedAt: Date.UTC(2026, 10, 26, 17, 5) / 1000,
  worst: { operationId: 'sha256:12', operationName: 'ProjectList', client: 'ios', version: '4.2' },
  runbookUrl: 'https://docs.example/runbooks/slow-operation.md',
  ...own,
});

/** The second one, twelve minutes later. */
export const resolvedNotice = (fired: AlertNotice): AlertNotice => ({
  ...fired,
  id: `${fired.incidentId}-resolved`,
  event: 'resolved',
  endedAt: fired.startedAt + 720,
});
