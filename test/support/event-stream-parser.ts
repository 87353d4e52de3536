/** Reads an event stream by the letter of HTML, section 9.2.6, whatever chunks it comes in. */
export interface ReadEvent {
  type: string;
  data: string;
  lastEventId: string;
}

export class EventStreamParser {
  readonly events: ReadEvent[] = [];
  readonly comments: string[] = [];
  #text = '';
  #isFirst = true;
  #type = '';
  #data = '';
  #id = '';
  #lastEventId = '';

  push(chunk: string): void {
    if (chunk === '') return;
    this.#text += this.#isFirst && chunk.startsWith('\uFEFF') ? chunk.slice(1) : chunk;
    this.#isFirst = false;
    for (;;) {
      const end = this.#text.search(/[\r\n]/);
      if (end === -1) return;
      const isReturn = this.#text[end] === '\r';
      // Whether a line feed follows it is not known before the next chunk.
      if (isReturn && end === this.#text.length - 1) return;
      const line = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + (isReturn && this.#text[end + 1] === '\n' ? 2 : 1));
      if (line === '') this.#dispatch();
      else this.#readLine(line);
    }
  }

  #readLine(line: string): void {
    const colon = line.indexOf(':');
    if (colon === 0) {
      this.comments.push(line.slice(1));
      return;
    }
    const [field, rest] = colon === -1 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1)];
    const value = rest.startsWith(' ') ? rest.slice(1) : rest;
    if (field === 'event') this.#type = value;
    else if (field === 'data') this.#data += `${value}\n`;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
  }

  #dispatch(): void {
    this.#lastEventId = this.#id;
    const [type, data] = [this.#type, this.#data];
    this.#type = '';
    this.#data = '';
    if (data === '') return;
    this.events.push({ type: type || 'message', data: data.slice(0, -1), lastEventId: this.#lastEventId });
  }
}
