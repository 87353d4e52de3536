/** A notice in the words that a person reads, the same in every channel. No text in it is mark-up: a channel escapes it. */
import { NOTICE_TEXT_MAX_CHARACTERS } from '../config.ts';
import { durationInWords } from '../observability/duration-in-words.ts';
import type { AlertNotice, Notice } from '../observability/notice.ts';
import { plainLine } from './plain-line.ts';

export interface Message {
  /** Words of the gateway's own alone: nothing in it is chosen by a client. */
  title: string;
  /** Lines without line breaks. */
  lines: string[];
  facts: { label: string; value: string }[];
  link: { label: string; url: string } | undefined;
}

/** @param environment that of the gateway: people watch several */
export function messageOf(notice: Notice, environment: string): Message {
  switch (notice.kind) {
    case 'alert':
      return alertMessage(notice, environment);
    case 'report':
      return {
        title: `Report of ${notice.date} (${environment})`,
        lines: notice.lines.map(shown),
        facts: [],
        link: { label: 'The whole report', url: notice.url },
      };
    case 'test':
      return {
        title: `Test (${environment})`,
        lines: [`The key ${shown(notice.askedBy)} asked for this message. Nothing is wrong.`],
        facts: [],
        link: undefined,
      };
    default:
      return notice satisfies never;
  }
}

function alertMessage(notice: AlertNotice, environment: string): Message {
  const { event, rule, severity, subject, value, threshold, startedAt, endedAt, worst, runbookUrl } = notice;
  const state =
    event === 'fired'
      ? `Firing (${severity})`
      : `Resolved after ${durationInWords((endedAt ?? startedAt) - startedAt)}`;
  const facts: [label: string, value: string][] = [
    ['About', subject],
    ['Value', value],
    ['Threshold', threshold],
    ['Worst operation', named(worst?.operationName, worst?.operationId)],
    ['Worst client', [worst?.client, worst?.version].filter(Boolean).join(' ')],
    ['Since', minute(startedAt)],
    ['Until', endedAt === undefined ? '' : minute(endedAt)],
    ['Runbook', isUrl(runbookUrl) ? '' : runbookUrl],
  ];
  return {
    title: `${state}: ${rule} (${environment})`,
    lines: [shown(notice.summary)],
    facts: facts
      .filter(([, value]) => value !== '')
      .map(([label, value]) => ({ label, value: shown(value) })),
    link: isUrl(runbookUrl) ? { label: 'Runbook', url: runbookUrl } : undefined,
  };
}

const isUrl = (text: string) => /^https?:/.test(text) && URL.canParse(text);

const shown = (text: string) => plainLine(text, NOTICE_TEXT_MAX_CHARACTERS);

function named(name: string | undefined, id: string | undefined): string {
  if (!name || !id) return name || id || '';
  // Both remain to be seen where the name is long.
  return `${plainLine(name, NOTICE_TEXT_MAX_CHARACTERS / 2)} (${id})`;
}

/** Unix seconds as `2026-11-26 17:05 UTC`. */
const minute = (seconds: number) =>
  `${new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
