/** Who sends the traffic: two users in either way of signing in, a stranger, and one whose credentials are nobody's. */
import { credentialOf, type UserName } from './canaries.ts';

export interface Asker {
  name: UserName | 'stranger' | 'impostor';
  headers: Record<string, string>;
}

const signedIn = (name: UserName): Asker[] => [
  { name, headers: { authorization: `Bearer ${credentialOf(name)}` } },
  { name, headers: { cookie: `session=${credentialOf(name)}` } },
];

export const STRANGER: Asker = { name: 'stranger', headers: {} };
export const FIRST: Asker = { name: 'first', headers: { authorization: `Bearer ${credentialOf('first')}` } };

/** Strangers are as many as all others. */
export const ASKERS: readonly Asker[] = [
  ...signedIn('first'),
  ...signedIn('second'),
  { name: 'impostor', headers: { authorization: 'Bearer of-nobody' } },
  ...Array<Asker>(5).fill(STRANGER),
];
