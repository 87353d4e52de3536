/**
 * Forms of a text that equal those of a text that looks like it, as Unicode Technical Standard 39 has it. They are never
 * stored and nobody reads them.
 */
import { latePattern } from '../../auth/late-pattern.ts';
import { CONFUSABLE_CHARACTERS } from './data/confusable-characters.ts';

const ASCII = /^[\n\x20-\x7e]*$/;
/** One character of a whole formula, of 8 and 18 letters: 500 of them would be a long text. */
const LONG_LIGATURES = /[\ufdfa\ufdfb]/g;
/** Default ignorable code points have no shape of their own. */
const hidden = latePattern('[\\p{M}\\p{DI}]', 'gu');

let table: Map<string, string> | undefined;

/** By character. The table is made at the first text that is not of ASCII. */
function confusables(): Map<string, string> {
  if (table !== undefined) return table;
  table = new Map();
  for (const line of CONFUSABLE_CHARACTERS.split('\n')) {
    const space = line.indexOf(' ');
    for (const character of line.slice(space + 1)) table.set(character, line.slice(0, space));
  }
  return table;
}

/** Without marks and what has no shape, in compatibility forms, with prototypes for confusable characters. Cases stay. */
export function plainForm(text: string): string {
  if (ASCII.test(text)) return text;
  // Some characters are confused with others than their compatibility forms are.
  const seen = withPrototypes(text.replace(LONG_LIGATURES, ' '));
  return withPrototypes(seen.normalize('NFKD').replace(hidden(), ''));
}

function withPrototypes(text: string): string {
  const prototypes = confusables();
  let form = '';
  for (const character of text) form += prototypes.get(character) ?? character;
  return form;
}

/** `plainForm` in lower case. */
export function matchingForm(text: string): string {
  let form = plainForm(text).toLowerCase();
  // Some letters are confusable in lower case alone, and what they are confused with may have another case again.
  while (!ASCII.test(form)) {
    const next = plainForm(form).toLowerCase();
    if (next === form) break;
    form = next;
  }
  return form;
}
