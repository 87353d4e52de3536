import type { Permission } from '../permissions.ts';
import type { ZoneClient } from '../zone-client.ts';
import type { DesiredItem, Fields, FoundItem } from '../zone-items.ts';

/**
 * A creation whose answer is lost may have been done, and one that is asked again makes a second pool. So it is asked once: the next
 * run reads the outcome.
 */
export const ONCE = { maxRetries: 0 } as const;

/** Lists, makes, changes and removes items of one kind by the API. */
export interface KindAccess {
  permissions: readonly Permission[];
  /** Shared by all zones of the account: those that are not ours are somebody else's, not this zone's. */
  isOfAccount?: true;
  list(api: ZoneClient, desired: readonly DesiredItem[]): Promise<FoundItem[]>;
  /** @returns the id. */
  create(api: ZoneClient, fields: Fields): Promise<string>;
  change(api: ZoneClient, found: FoundItem, fields: Fields): Promise<unknown>;
  remove(api: ZoneClient, found: FoundItem): Promise<unknown>;
}
