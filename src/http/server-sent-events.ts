/**
 * The text of server-sent events (HTML, section 9.2.5 "Parsing an event stream"): whatever the data is, a client reads
 * back what was written, line ends as LF.
 */
export const EVENT_STREAM_MEDIA_TYPE = 'text/event-stream';

export interface ServerSentEvent {
  /** The name of the event in browsers; without line ends. */
  event: string;
  data: string;
  /** The value of `Last-Event-ID` after this event; if left out, the value stays. */
  id?: string;
}

/** @throws RangeError where the name or the id is one that clients would read as something else. */
export function formatEvent({ event, data, id }: ServerSentEvent): string {
  const lines = [
    `event: ${onOneLine(event)}`,
    ...data.split(/\r\n|[\r\n]/).map((line) => `data: ${line}`),
    ...(id === undefined ? [] : [`id: ${onOneLine(id)}`]),
  ];
  return `${lines.join('\n')}\n\n`;
}

/** No event: it shows whatever stands between that the stream is in use. */
export const KEEP_ALIVE_COMMENT = ': keep-alive\n\n';

/** Clients ignore an id with a NUL in it. */
function onOneLine(text: string): string {
  if (/[\r\n\0]/.test(text)) throw new RangeError('A name or an id has no line end and no NUL in it.');
  return text;
}
