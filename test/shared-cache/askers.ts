/** Who sends the traffic: two users, a stranger, and impostors, whose token is nobody's or who send one as a cookie. */
import { credentialOf, type UserName } from './canaries.ts';

export interface Asker {
  name: UserName | 'stranger' | 'impostor';
  headers: Record<string, string>;
}

const signedIn = (name: UserName): Asker[] => [
  { name, headers: { authorization: `Bearer ${credentialOf(name)}` } },
  { name: 'impostor', headers: { cookie: `session=${credentialOf(name)}` } },
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
