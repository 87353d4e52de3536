/** An answer as a connection gives it, and how to read it. */
export interface Answer {
  status: number;
  /** The header lines as they came. */
  head: string;
  /** Empty where bodies are not kept; chunked ones still hold their chunk sizes. */
  body: Buffer;
  chunked: boolean;
}

/** Undefined where the answer has no such header. */
export function headerOf(head: string, name: string): string | undefined {
  const start = `\r\n${name}: `;
  let at = head.indexOf(start);
  if (at < 0) at = head.toLowerCase().indexOf(start);
  if (at < 0) return undefined;
  const from = at + start.length;
  const end = head.indexOf('\r\n', from);
  return head.slice(from, end < 0 ? undefined : end);
}

/** The text of an answer whose body was kept. */
export function bodyText({ body, chunked }: Answer): string {
  if (!chunked) return body.toString('utf8');
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.toString('latin1', at, lineEnd), 16);
    if (!(size > 0)) return Buffer.concat(parts).toString('utf8');
    parts.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}
