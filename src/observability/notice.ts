/** A message to the people who watch the gateway, before a channel gives it its own form. */

/** `page`: somebody is woken. `ticket`: somebody looks at it in working hours. */
export const SEVERITIES = ['page', 'ticket'] as const;
export type Severity = (typeof SEVERITIES)[number];

export type Notice = AlertNotice | ReportNotice | TestNotice;

/** An incident has one that says `fired` and one that says `resolved`. */
export interface AlertNotice {
  /** Unique. The same id is sent once to each channel. */
  id: string;
  kind: 'alert';
  event: 'fired' | 'resolved';
  /** The same in both notices of an incident. It contains no colon and no space. */
  incidentId: string;
  /** The name of its file in `docs/runbooks/`. */
  rule: string;
  severity: Severity;
  /** The one of several that the rule is about, e.g. the id of an operation or the name of a job; empty if there is but one. */
  subject: string;
  /** One sentence. It may contain names that clients choose: channels escape it. */
  summary: string;
  /** With its unit, e.g. `812 ms`. */
  value: string;
  /** With its unit. */
  threshold: string;
  /** Unix seconds. */
  startedAt: number;
  /** Unix seconds; of `resolved` alone. */
  endedAt?: number;
  /** The greatest part of what is wrong. Names are empty where there are none; clients choose them. */
  worst?: { operationId: string; operationName: string; client: string; version: string };
  /** The page of the rule: a URL, or the name of a file where `RUNBOOKS_URL` is unset. */
  runbookUrl: string;
}

export interface ReportNotice {
  id: string;
  kind: 'report';
  /** The day in UTC, e.g. `2026-11-26`. */
  date: string;
  /** Opens the page without a key, for some days. */
  url: string;
  /** Sentences with the figures of the day. */
  lines: readonly string[];
}

/** Sent by `npm run alerts -- test`. */
export interface TestNotice {
  id: string;
  kind: 'test';
  /** The name of the key that asked for it. */
  askedBy: string;
}
