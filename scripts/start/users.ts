/** Three people who can sign in to the simulated market. They are for this machine alone: everybody knows their passwords. */
import * as z from 'zod';
import { decodeGlobalId } from '../../schema/global-ids.ts';
import type { Market } from '../../test/support/upstream/market.ts';
import type { UserStatsRecord } from '../../test/support/upstream/records.ts';

export interface StartUser {
  email: string;
  password: string;
  /** For the terminal. */
  description: string;
}

const INVESTOR = ['READ', 'WRITE', 'INVEST'];
const USERS: readonly (StartUser & { rights: Partial<UserStatsRecord> })[] = [
  {
    email: 'ann@example.com',
    password: 'nine violet kettles hum',
    description: 'verified, invests',
    rights: { kyc_level: 2, user_level: 1, permissions: INVESTOR },
  },
  {
    email: 'ben@example.com',
    password: 'seven copper lanterns sway',
    description: 'new, not verified',
    rights: { kyc_level: 1, user_level: 0, permissions: ['READ', 'WRITE'] },
  },
  {
    email: 'cleo@example.com',
    password: 'four paper whales drift',
    description: 'admin, moderates rooms',
    rights: { kyc_level: 3, user_level: 5, permissions: [...INVESTOR, 'ADMIN', 'MODERATE'] },
  },
];

/** By the field that it selects, the name of the registered operation. */
const OPERATIONS = { register: 'Register', login: 'LogIn' } as const;

const answerSchema = z.object({
  data: z.partialRecord(
    z.enum(['register', 'login']),
    z.union([z.object({ viewer: z.object({ id: z.string() }) }), z.object({ code: z.string() })]),
  ),
});

/**
 * Opens the accounts that are not there yet, and gives each its rights in the simulated main API. The gateway asks for
 * them at each login.
 */
export async function openUsers(url: string, market: Market): Promise<readonly StartUser[]> {
  for (const { email, password, rights } of USERS) {
    const credentials = { email, password };
    const registered = await signIn(url, 'register', { ...credentials, displayName: email.split('@')[0] });
    const id = registered ?? (await signIn(url, 'login', credentials));
    if (id === null) throw new Error(`${email} has another password than this start gives it`);
    market.setUserStats(id, rights);
    // A new account was read before it had its rights.
    await signIn(url, 'login', credentials);
  }
  return USERS;
}

/** The local id of the user; null if the gateway rejects the input. */
async function signIn(url: string, field: keyof typeof OPERATIONS, input: object): Promise<string | null> {
  const { default: manifest } = await import('../../operations/manifest.json', { with: { type: 'json' } });
  const documentId = manifest.operations.find(({ name }) => name === OPERATIONS[field])?.id;
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ documentId, variables: { input } }),
  });
  const answer = answerSchema.parse(await response.json()).data[field];
  return answer !== undefined && 'viewer' in answer ? (decodeGlobalId(answer.viewer.id)?.id ?? null) : null;
}
