/** Conditional requests as RFC 9110, section 13 has them, decided by the validators of a file that exists. */
import { holdsAlready } from './holds-already.ts';
import { httpDateSeconds } from './http-date.ts';

export interface Validators {
  /** Strong, quoted. */
  etag: string;
  /** The time in `Last-Modified`, in Unix seconds. */
  modifiedSeconds: number;
}

export type PreconditionOutcome = 'met' | 'failed' | 'not modified';

/** In the order of section 13.2.2, for GET and HEAD. A date that cannot be read is ignored. */
export function evaluatePreconditions(sent: Headers, file: Validators, nowMs: number): PreconditionOutcome {
  const ifMatch = sent.get('if-match');
  const unmodifiedSince = dateOf(sent, 'if-unmodified-since', nowMs);
  if (ifMatch !== null) {
    if (!matchesStrongly(ifMatch, file.etag)) return 'failed';
  } else if (unmodifiedSince !== null && file.modifiedSeconds > unmodifiedSince) return 'failed';

  const ifNoneMatch = sent.get('if-none-match');
  if (ifNoneMatch !== null) return holdsAlready(ifNoneMatch, file.etag) ? 'not modified' : 'met';
  const modifiedSince = dateOf(sent, 'if-modified-since', nowMs);
  return modifiedSince !== null && isSince(modifiedSince, file, nowMs) ? 'not modified' : 'met';
}

/**
 * A time in the future is nobody's `Last-Modified`: the client's clock is wrong, and it gets the file. The clock of R2 may be
 * ahead of the isolate's.
 */
const isSince = (seconds: number, { modifiedSeconds }: Validators, nowMs: number) =>
  seconds === modifiedSeconds || (seconds > modifiedSeconds && seconds <= nowMs / 1000);

/** True if a `Range` beside it counts (section 13.1.5): also where there is no `If-Range`. */
export function ifRangeHolds(sent: Headers, file: Validators, nowMs: number): boolean {
  const ifRange = sent.get('if-range');
  if (ifRange === null || ifRange === file.etag) return true;
  return httpDateSeconds(ifRange, nowMs) === file.modifiedSeconds;
}

/** No tag of R2 has a comma, so a tag with one is foreign, however it is cut. */
const matchesStrongly = (ifMatch: string, etag: string) =>
  ifMatch.split(',').some((tag) => tag.trim() === etag || tag.trim() === '*');

function dateOf(sent: Headers, name: string, nowMs: number): number | null {
  const text = sent.get(name);
  return text === null ? null : httpDateSeconds(text, nowMs);
}
