/** The obsolete forms of RFC 9110, section 5.6.7, which a recipient accepts. */
const RFC_850 = /^([A-Z][a-z]{2})[a-z]*day, (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d:\d\d:\d\d) GMT$/;
const ASCTIME = /^([A-Z][a-z]{2}) ([A-Z][a-z]{2}) ([ \d]\d) (\d\d:\d\d:\d\d) (\d{4})$/;

/**
 * An HTTP-date in Unix seconds. Null if it is malformed, or no day of the calendar.
 *
 * @param nowMs years of two digits are at most 50 years after it
 */
export function httpDateSeconds(text: string, nowMs: number): number | null {
  const fixed = asImfFixdate(text, nowMs);
  const ms = Date.parse(fixed);
  return new Date(ms).toUTCString() === fixed ? ms / 1000 : null;
}

function asImfFixdate(text: string, nowMs: number): string {
  const rfc850 = RFC_850.exec(text);
  if (rfc850 !== null) {
    const [, day, date, month, year = '', time] = rfc850;
    return `${day}, ${date} ${month} ${fullYear(Number(year), nowMs)} ${time} GMT`;
  }
  const asctime = ASCTIME.exec(text);
  if (asctime === null) return text;
  const [, day, month, date = '', time, year] = asctime;
  return `${day}, ${date.replace(' ', '0')} ${month} ${year} ${time} GMT`;
}

function fullYear(twoDigits: number, nowMs: number): number {
  const latest = new Date(nowMs).getUTCFullYear() + 50;
  return latest - ((latest - twoDigits) % 100);
}
