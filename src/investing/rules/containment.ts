/**
 * Which snapshots of a pool surely count an investment of the edge's. In doubt none does: its tokens then count twice.
 *
 * A snapshot includes all that the main API had stored by its `updated_at`, in whole seconds: one of the very second of
 * an acknowledgement includes it only if it was asked for after the acknowledgement came.
 */

export interface Snapshot {
  updatedAt: number;
  askedAtMs: number;
  appliedMs: number;
}

export interface Living {
  /** When the main API had stored it as living, by its own clock; null if it has not said so. */
  living_ack_at: number | null;
  /** When it said so, by the ledger's clock. */
  living_ack_ms: number | null;
}

/** How it came to live no more. */
export interface Release {
  release_sent_ms: number | null;
  release_ack_at: number | null;
}

export const isNewer = (one: Omit<Snapshot, 'appliedMs'>, other: Omit<Snapshot, 'appliedMs'>): boolean =>
  one.updatedAt > other.updatedAt || (one.updatedAt === other.updatedAt && one.askedAtMs > other.askedAtMs);

/** That it was living is in the snapshot. */
export function hasLiving(snapshot: Snapshot, { living_ack_at, living_ack_ms }: Living): boolean {
  if (living_ack_at === null || living_ack_ms === null) return false;
  return (
    snapshot.updatedAt > living_ack_at ||
    (snapshot.updatedAt === living_ack_at && snapshot.askedAtMs > living_ack_ms)
  );
}

/** That it lives no more is surely not in the snapshot. */
export function lacksRelease(snapshot: Snapshot, { release_sent_ms, release_ack_at }: Release): boolean {
  if (release_ack_at !== null && snapshot.updatedAt < release_ack_at) return true;
  return release_sent_ms === null || snapshot.appliedMs < release_sent_ms;
}

export const isContained = (snapshot: Snapshot, isLiving: boolean, investment: Living & Release): boolean =>
  hasLiving(snapshot, investment) && (isLiving || lacksRelease(snapshot, investment));

/** A later snapshot may change whether it is contained. */
export function isUnsettled(
  snapshot: Snapshot,
  isLiving: boolean,
  isContainedNow: boolean,
  { living_ack_at, release_ack_at }: Living & Release,
): boolean {
  if (isLiving) return !isContainedNow;
  if (living_ack_at === null) return isContainedNow;
  return isContainedNow || release_ack_at === null || release_ack_at > snapshot.updatedAt;
}
