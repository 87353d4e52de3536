/**
 * Finds an operation with the same form for a document or an id that is not that of a live operation. The most alive one
 * of several matches wins.
 */
import { type BoundedMemory, ENTRY_BYTES, textBytes } from '../storage/bounded-memory.ts';
import { normalFormOfText } from './normal-form.ts';
import { registeredIds, SHA256_ID, sha256Id } from './operation-id.ts';
import { isFound, type OperationLookup, type OperationRegistry } from './registered-operation.ts';

export interface FormSources {
  registry: OperationRegistry;
  /** By the hash of a document, the id of its normal form; null if it has none. */
  normalForms: BoundedMemory<string | null>;
}

/**
 * A text that is not registered costs one look-up: operations have their own normal form too.
 *
 * @param byId what has the id that was sent beside the text, of which this is the hash.
 */
export async function findByText(
  { hash, text }: { hash: string; text: string },
  byId: OperationLookup,
  { registry, normalForms }: FormSources,
): Promise<OperationLookup> {
  const exact = byId ?? (await registry.find(hash, { namedOnly: true }));
  if (isDecided(exact)) return exact;
  let formId = normalForms.get(hash);
  if (formId === undefined) {
    const form = normalFormOfText(text);
    formId = form === null ? null : await sha256Id(form);
    normalForms.set(hash, formId, textBytes(hash, formId ?? '') + ENTRY_BYTES);
  }
  if (formId === null) return exact ?? registry.find(hash);
  const byForm = await registry.findForm(formId);
  // The look-up may have brought ids that were published since: a build without forms may run beside this one.
  const again = exact ?? (byForm === null ? await registry.find(hash, { namedOnly: true }) : null);
  return moreAlive(again, byForm);
}

/** @param exact what has the id itself. */
export async function findById(
  documentId: string,
  exact: OperationLookup,
  registry: OperationRegistry,
): Promise<OperationLookup> {
  const [formId = ''] = registeredIds(documentId);
  if (isDecided(exact) || !SHA256_ID.test(formId)) return exact;
  return moreAlive(exact, await registry.findForm(formId));
}

/** True if no other operation runs in its place. */
const isDecided = (looked: OperationLookup) => stateOf(looked) === 'live' || stateOf(looked) === 'off';

function moreAlive(one: OperationLookup, other: OperationLookup): OperationLookup {
  return ORDER.indexOf(stateOf(other)) > ORDER.indexOf(stateOf(one)) ? other : one;
}

/** An operation that cannot be looked up may be live, so it is above one that is retired. */
const ORDER = ['unknown', 'retired', 'unavailable', 'off', 'deprecated', 'live'] as const;

function stateOf(looked: OperationLookup): (typeof ORDER)[number] {
  if (looked === null) return 'unknown';
  return isFound(looked) ? looked.liveness.state : 'unavailable';
}
