import { KV_KEY_MAX_BYTES } from '../config.ts';

/** Half of what a KV key may have: ids stand behind a prefix there. */
export const OPERATION_ID_MAX_BYTES = KV_KEY_MAX_BYTES / 2;

/** Printable, without spaces; `~` separates an app release's id into its parts. */
const OPERATION_ID = /^[^\s~\p{C}]+$/u;

/** Whether an operation can have the id at all: no other is ever looked up or kept. */
export const isOperationId = (id: string) =>
  id.length <= OPERATION_ID_MAX_BYTES &&
  OPERATION_ID.test(id) &&
  new TextEncoder().encode(id).byteLength <= OPERATION_ID_MAX_BYTES;
