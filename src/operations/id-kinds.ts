/** The two kinds of ids by which the registry looks operations up, and the places of each in the tiers. */
import { carriedForm } from '../storage/d1/operation-forms.ts';
import { carriedOperation } from '../storage/d1/operations.ts';
import { operationFormKey, operationKey } from '../storage/kv/keys.ts';
import type { LivenessView } from './liveness-view.ts';

export interface IdKind {
  /** In the isolate's memories. It differs for the kinds: no id contains a space. */
  memoryKey(id: string): string;
  copyKey(id: string): string;
  isNamed(id: string, view: LivenessView): boolean;
  /** Selects a `CarriedRow`. */
  carried(db: D1Database, id: string): D1PreparedStatement;
}

/** An operation's own id, and the hash of its text. */
export const OPERATION_IDS: IdKind = {
  memoryKey: (id) => id,
  copyKey: operationKey,
  isNamed: (id, view) => view.names(id),
  carried: carriedOperation,
};

/** The ids of forms. Several operations may have the same form. */
export const FORM_IDS: IdKind = {
  memoryKey: (id) => `form ${id}`,
  copyKey: operationFormKey,
  isNamed: (id, view) => view.namesForm(id),
  carried: carriedForm,
};
