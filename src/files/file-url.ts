import { flatText } from '../../schema/flat-text.ts';

/**
 * @param file the key of a public file, with its version as a query: caches keep a URL for a day. No mark of a key means something
 *   to a URL, and letters that it does not carry are encoded.
 */
export const fileUrl = (publicOrigin: string, file: string) =>
  flatText(`${publicOrigin}/files/${encodeURI(file)}`);
