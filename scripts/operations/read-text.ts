/** Text files as editors and shells write them: UTF-8 with or without a byte order mark, and UTF-16 with one. */
import { readFileSync } from 'node:fs';
import { wrongUse } from './command-failure.ts';

/** The text without its byte order mark. @throws CommandFailure if the file is not text. */
export const readText = (file: string) => decodeText(readFileSync(file), file);

/** @param sourceName named in the error. */
export function decodeText(bytes: Uint8Array, sourceName: string): string {
  try {
    // It takes the mark away.
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
  } catch {
    throw wrongUse(`${sourceName}: is not text in UTF-8`);
  }
}

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}
