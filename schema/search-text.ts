import * as z from 'zod';
import { SEARCH_MAX_CHARACTERS, SEARCH_MIN_CHARACTERS } from '../src/config.ts';

/** Zero-width characters and the like, which search takes for nothing. */
const INVISIBLE_CHARACTERS = /\p{Default_Ignorable_Code_Point}/gu;

/** The text of a search. Its characters are counted as search takes them. */
export const searchText = z.string().refine(
  (text) => {
    const characters = [...text.normalize('NFC').replace(INVISIBLE_CHARACTERS, '').trim()].length;
    return characters >= SEARCH_MIN_CHARACTERS && characters <= SEARCH_MAX_CHARACTERS;
  },
  { error: `must be ${SEARCH_MIN_CHARACTERS} to ${SEARCH_MAX_CHARACTERS} characters` },
);
