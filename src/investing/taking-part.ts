/** The rules of taking part in a pool that are outside of its ledger: the viewer's rights, and the pool's type. */
import { INVESTING_KYC_LEVEL } from '../config.ts';
import type { IdoPoolType } from '../storage/d1/ido-pools.ts';
import type { PermissionCode } from '../upstream/main-api-records.ts';

export interface TakingPart {
  poolType: IdoPoolType;
  rights: { kycLevel: number; permissions: readonly PermissionCode[] };
  isRegistered: boolean;
  /** The main API's decision for a whitelist or private pool; null if it has not said anything. */
  isEligible: boolean | null;
}

/**
 * The reason that keeps a viewer out of a pool; null if there is none.
 *
 * The main API takes registrations through other channels too, so somebody whom it lets in needs to be on no list here.
 */
export function refusalToTakePart(
  asked: TakingPart,
): 'NO_PERMISSION' | 'KYC_REQUIRED' | 'NOT_REGISTERED' | 'NOT_ELIGIBLE' | null {
  const { poolType, rights, isRegistered, isEligible } = asked;
  if (!rights.permissions.includes('invest')) return 'NO_PERMISSION';
  if (rights.kycLevel < INVESTING_KYC_LEVEL) return 'KYC_REQUIRED';
  switch (poolType) {
    case 'public':
      return null;
    case 'private':
      return isEligible === true ? null : 'NOT_ELIGIBLE';
    case 'whitelist':
      if (isEligible === true) return null;
      return isRegistered || isEligible === false ? 'NOT_ELIGIBLE' : 'NOT_REGISTERED';
    default:
      throw new Error(`unknown type of pool ${poolType satisfies never}`);
  }
}
