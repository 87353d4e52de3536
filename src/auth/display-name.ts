/** Names that users give themselves. Others see them, so they hold nothing that hides or reorders text. */
import { DISPLAY_NAME_MAX_CHARACTERS } from '../config.ts';
import { latePattern } from './late-pattern.ts';
import { type RejectionModel, rejection } from './rejection.ts';

/** Control and format characters, private and unassigned ones, lone surrogates, and line breaks. A joiner makes emoji. */
const hiddenCharacter = latePattern('(?!\\u200d)[\\p{C}\\p{Zl}\\p{Zp}]', 'u');
const visibleCharacter = latePattern('[\\p{L}\\p{N}\\p{S}\\p{P}]', 'u');

/** @returns undefined if no name is given, null if it is removed. */
export const normalisedDisplayName = <Name extends string | null | undefined>(name: Name) =>
  (typeof name === 'string'
    ? name
        .slice(0, 10 * DISPLAY_NAME_MAX_CHARACTERS)
        .normalize('NFC')
        .trim()
    : name) as Name;

export function displayNameRejection(name: string | null | undefined): RejectionModel | null {
  if (name === null || name === undefined) return null;
  const isFit =
    [...name].length <= DISPLAY_NAME_MAX_CHARACTERS &&
    visibleCharacter().test(name) &&
    !hiddenCharacter().test(name);
  if (isFit) return null;
  return rejection(
    'VALIDATION_FAILED',
    `A name has 1 to ${DISPLAY_NAME_MAX_CHARACTERS} visible characters on one line.`,
    ['input', 'displayName'],
  );
}
