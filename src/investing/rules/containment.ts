/**
 * Which snapshots of a pool surely count an investment of the edge's. In doubt none does: its tokens then count twice.
 *
 * A snapshot counts all that the main API had stored by its `updated_at`, in whole seconds. One of the very second of an
 * acknowledgement counts it only if it was asked for by somebody who knew of the acknowledgement: clocks may differ. The
 * main API may have ended an investment long before its record says so: only a snapshot that came before the end was
 * sent surely lacks it.
 *
 * The main API may also have failed an investment and taken it back, with a later version or a confirmation, and nobody
 * here saw it fail. A snapshot from before that counts it only if it was asked for afterwards: the failure would have
 * changed the pool once more.
 */

export interface Snapshot {
  updatedAt: number;
  askedAtMs: number;
  /** The revision of the ledger that was known when the snapshot was asked for; 0 if none was. */
  askedAtRevision: number;
  /** By the ledger's clock. */
  appliedMs: number;
}

export interface Life {
  /** When the main API had stored it as living, by its own clock; null if it has not said so. */
  living_ack_at: number | null;
  /** The ledger's revision that knew of this first. */
  living_ack_revision: number | null;
  /** The same of the newest version that it has stored, or of the confirmation. */
  renewed_ack_at: number | null;
  renewed_ack_revision: number | null;
  /** When the main API was first told of its end; null if it was not. 0 if it has ended it itself. */
  release_sent_ms: number | null;
  /** When it had stored the end, by its own clock; null if it has not said so. */
  release_ack_at: number | null;
  /** The ledger's revision that knew of the end first. */
  release_ack_revision: number | null;
}

type Version = Omit<Snapshot, 'appliedMs'>;

export function isNewer(one: Version, other: Version): boolean {
  const ages = [
    one.updatedAt - other.updatedAt,
    one.askedAtRevision - other.askedAtRevision,
    one.askedAtMs - other.askedAtMs,
  ];
  return (ages.find((age) => age !== 0) ?? 0) > 0;
}

/** @param isLiving its tokens are reserved or sold now */
export function isContained(snapshot: Snapshot, isLiving: boolean, life: Life): boolean {
  return hasLiving(snapshot, life) && (isLiving || lacksEnd(snapshot, life));
}

/** A later snapshot may count it otherwise. */
export function isUnsettled(
  snapshot: Snapshot,
  isLiving: boolean,
  isContainedNow: boolean,
  life: Life,
): boolean {
  if (isLiving) return !hasLiving(snapshot, life);
  return isContainedNow || !hasEnd(snapshot, life);
}

function hasLiving(snapshot: Snapshot, life: Life): boolean {
  const { living_ack_at, living_ack_revision, renewed_ack_at, renewed_ack_revision } = life;
  if (living_ack_revision === null || renewed_ack_revision === null) return false;
  if (has(snapshot, renewed_ack_at, renewed_ack_revision)) return true;
  return (
    has(snapshot, living_ack_at, living_ack_revision) && snapshot.askedAtRevision >= renewed_ack_revision
  );
}

const hasEnd = (snapshot: Snapshot, { release_ack_at, release_ack_revision }: Life): boolean =>
  release_ack_revision !== null && has(snapshot, release_ack_at, release_ack_revision);

/** @param at null if the main API does not say: whoever knew of it has it */
function has({ updatedAt, askedAtRevision }: Snapshot, at: number | null, revision: number): boolean {
  if (at !== null && updatedAt !== at) return updatedAt > at;
  return askedAtRevision >= revision;
}

const lacksEnd = ({ appliedMs }: Snapshot, { release_sent_ms }: Life): boolean =>
  release_sent_ms === null || appliedMs < release_sent_ms;
