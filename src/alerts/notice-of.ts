/** The notice of a decision. */
import type { AlertNotice } from '../observability/notice.ts';
import type { Decision } from './decide.ts';
import { runbookUrl } from './runbook-url.ts';

export interface NoticeNames {
  /** By id; those that are unknown have no name. */
  operationNames: ReadonlyMap<string, string>;
  /** Undefined: the notice names the file in the project. */
  runbooksUrl: string | undefined;
}

export function noticeOf(decision: Decision, { operationNames, runbooksUrl }: NoticeNames): AlertNotice {
  const { runbook, rule: _, worst, ...rest } = decision;
  return {
    ...rest,
    id: `${decision.incidentId}:${decision.event}`,
    kind: 'alert',
    rule: runbook,
    runbookUrl: runbookUrl(runbooksUrl, runbook),
    ...(worst && { worst: { ...worst, operationName: operationNames.get(worst.operationId) ?? '' } }),
  };
}
