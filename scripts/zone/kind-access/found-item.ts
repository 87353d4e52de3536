import { OWNER_MARK } from '../../../zone/desired-zone.ts';
import type { Kind } from '../../../zone/item-kinds.ts';
import type { Fields, FoundItem } from '../zone-items.ts';

export const isMarked = (text: unknown) => String(text ?? '').startsWith(OWNER_MARK);

export const foundItem = (kind: Kind, key: string, fields: Fields): FoundItem => ({
  kind,
  key,
  id: String(fields.id ?? ''),
  fields,
  isOurs: isMarked(fields.description),
  // A setting that nobody has changed says null.
  changedAt: typeof fields.modified_on === 'string' ? fields.modified_on : undefined,
});
