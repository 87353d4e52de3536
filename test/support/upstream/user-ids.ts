/**
 * The people of the market. `usr_0001` is a fully verified investor, `usr_0002` a moderator, `usr_0003` of a project's
 * team, `usr_0030` is known but may do nothing. Their permissions come in lower or upper case.
 */
import { DAY_SECONDS } from './instrument.ts';
import { Dice } from './random.ts';
import type { UserStatsRecord } from './records.ts';

export const USER_IDS = Array.from({ length: 30 }, (_, index) => `usr_${String(index + 1).padStart(4, '0')}`);

const RIGHTS = ['READ', 'WRITE', 'INVEST', 'TRADE'];
const ROLES: Record<string, string[]> = { usr_0002: ['moderate'], usr_0003: ['team'] };

export function plannedStats(userId: string, seed: number, startAt: number): UserStatsRecord {
  const dice = new Dice(seed, `user:${userId}`);
  const updated_at = startAt - dice.whole('updated', 1, 90) * DAY_SECONDS;
  if (userId === 'usr_0001')
    return { user_level: 5, kyc_level: 3, permissions: [...RIGHTS, 'ADMIN'], updated_at };
  if (userId === 'usr_0030') return { user_level: 0, kyc_level: 0, permissions: [], updated_at };
  const kyc_level = dice.whole('kyc', 0, 3);
  return {
    user_level: dice.whole('level', 0, 5),
    kyc_level,
    permissions: [
      ...RIGHTS.filter(
        (right) => right === 'READ' || (kyc_level >= 2 && right === 'INVEST') || dice.chance(right, 0.5),
      ),
      ...(ROLES[userId] ?? []),
    ],
    kyc_decided_at: kyc_level >= 2 ? updated_at : null,
    updated_at,
  };
}
