/**
 * The text of a message as it is stored: plain, NFC, on a few lines, without characters that hide or reorder others.
 *
 * Sources: Unicode Standard Annex 9 (embeddings, overrides, isolates), Annex 29 (grapheme clusters), Technical Standard
 * 39, section 5.4 (too many nonspacing marks).
 */
import { latePattern } from '../../auth/late-pattern.ts';
import { rejection } from '../../auth/rejection.ts';
import { CHAT_MESSAGE_MAX_BYTES, CHAT_MESSAGE_MAX_CHARACTERS, CHAT_MESSAGE_MAX_LINES } from '../../config.ts';
import type { ChatRejection } from '../room-calls.ts';

/** An emoji family with tones of skin has 19. Joiners make one cluster of any number of characters. */
const CLUSTER_MAX_CODE_UNITS = 32;

const lineBreak = latePattern('\\r\\n?|[\\u0085\\u2028\\u2029]', 'gu');
const blankLines = /\n[ \n]*\n/g;
/**
 * Left out: tabs become spaces. Isolates, soft hyphens, invisible operators, fillers, byte order marks, and what is
 * deprecated change nothing that one sees but the order of what stands around them.
 */
const dropped = latePattern(
  '[\\u00ad\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b\\u2060-\\u206f\\u3164\\ufeff\\uffa0\\ufff0-\\ufffb]|[\\u{e0100}-\\u{e01ef}]',
  'gu',
);
/** Tags spell the flag of a part of a country, and are hidden text anywhere else. */
const strayTags = latePattern('(?<!\\u{1f3f4}[\\u{e0020}-\\u{e007f}]{0,7})[\\u{e0000}-\\u{e007f}]', 'gu');
/** A joiner joins two characters of scripts or emoji; a variation selector is one, behind what it varies. */
const strayJoiners = latePattern(
  '(?<![^\\p{ASCII}\\s\\u200c\\u200d])[\\u200c\\u200d]|[\\u200c\\u200d](?![^\\p{ASCII}\\s\\u200c\\u200d])',
  'gu',
);
const straySelectors = latePattern('(?<=^|[\\s\\ufe00-\\ufe0f])[\\ufe00-\\ufe0f]', 'gu');
/** Control characters, overrides and embeddings of directions, private and no characters, halves of pairs. */
const forbidden = latePattern(
  '(?!\\n)\\p{Cc}|[\\u202a-\\u202e\\p{Co}\\p{Cs}\\p{Noncharacter_Code_Point}]',
  'u',
);
const visible = latePattern('(?!\\u2800)[\\p{L}\\p{N}\\p{S}\\p{P}]', 'u');
/** Writing systems of one's own have up to four marks on a letter (Hebrew, Tibetan); Vietnamese has none left in NFC. */
const heapedMarks = latePattern(
  '[\\p{Script=Latin}\\p{Script=Cyrillic}\\p{Script=Greek}\\p{Script=Common}\\s][[\\p{Mn}\\p{Me}]--[\\ufe00-\\ufe0f\\u20e3]]{3}|[\\p{Mn}\\p{Me}]{5}',
  'v',
);

/** Made at the first message: its tables are read then. */
let characters: Intl.Segmenter | undefined;

/** @returns the text as it is stored, or why it is refused. */
export function messageText(given: string): string | ChatRejection {
  // Each code unit has a byte at least, and what is dropped may be as much again.
  if (given.length > 2 * CHAT_MESSAGE_MAX_BYTES || !given.isWellFormed()) return unfit();
  const text = cleaned(cleaned(given));
  if (forbidden().test(text) || heapedMarks().test(text) || !visible().test(text)) return unfit();
  if (new TextEncoder().encode(text).length > CHAT_MESSAGE_MAX_BYTES) return unfit();
  if (text.split('\n').length > CHAT_MESSAGE_MAX_LINES) return unfit();
  characters ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  let count = 0;
  for (const { segment } of characters.segment(text)) {
    count += 1;
    if (count > CHAT_MESSAGE_MAX_CHARACTERS || segment.length > CLUSTER_MAX_CODE_UNITS) return unfit();
  }
  return text;
}

function cleaned(text: string): string {
  return text
    .normalize('NFC')
    .replace(lineBreak(), '\n')
    .replaceAll('\t', ' ')
    .replace(dropped(), '')
    .replace(strayTags(), '')
    .replace(straySelectors(), '')
    .replace(strayJoiners(), '')
    .replace(blankLines, '\n\n')
    .normalize('NFC')
    .trim();
}

const unfit = (): ChatRejection =>
  rejection(
    'VALIDATION_FAILED',
    `A message is plain text of 1 to ${CHAT_MESSAGE_MAX_CHARACTERS} characters, on ${CHAT_MESSAGE_MAX_LINES} lines at most.`,
    ['input', 'text'],
  );
