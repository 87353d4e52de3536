/** HTML whose inserted values are escaped, so that no name that a client chooses becomes markup. */

export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Inserted = string | number | Html | readonly Html[];

/** Text and numbers are escaped; `Html`, and a list of it, is inserted as it is. */
export function html(parts: TemplateStringsArray, ...values: Inserted[]): Html {
  const [first = '', ...rest] = parts;
  return new Html(rest.reduce((text, part, index) => text + insertedText(values[index] ?? '') + part, first));
}

function insertedText(value: Inserted): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(({ text }) => text).join('');
  return String(value).replaceAll(SPECIAL, (character) => ESCAPED[character] ?? '');
}

/** Control characters beside the special ones: they show nothing, and those of direction would turn the text around them. */
const SPECIAL = /[&<>"'\p{Cc}\p{Cf}]/gu;
const ESCAPED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
