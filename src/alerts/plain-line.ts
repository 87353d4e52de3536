/** Controls, line breaks, marks that turn the direction of writing, and other characters that show nothing. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]+/gu;

/**
 * A text that somebody else has chosen, as one line that can be shown: what cannot be seen becomes one replacement
 * character. It is no mark-up yet: a channel escapes it.
 */
export function plainLine(text: string, maxCharacters: number): string {
  // A character takes two code units at most; the rest of a huge text is not looked at.
  const line = text
    .slice(0, 2 * maxCharacters + 2)
    .replaceAll(INVISIBLE, '\ufffd')
    .trim();
  const characters = [...line];
  return characters.length <= maxCharacters ? line : `${characters.slice(0, maxCharacters - 1).join('')}…`;
}
