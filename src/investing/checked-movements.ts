/** The allowed movements of each kind of entry: from one account into another, at most once an asset. */
import type { Account, CheckedEntry, Kind } from './checked-entry.ts';

/** As `movementOf` writes them. */
const ALLOWED: Readonly<Record<Kind, readonly string[]>> = {
  open: ['tokens outside→unsold', 'nothing'],
  reserve: ['money outside→due, tokens unsold→reserved'],
  submit: ['money due→submitted', 'nothing'],
  pay: [
    ...['due', 'submitted'].map((money) => `money ${money}→paid, tokens reserved→sold`),
    // It was over here, and the main API confirms it all the same. Tokens that are not left come by an `adjust`.
    ...['outside', 'owed', 'returned'].flatMap((money) => [
      `money ${money}→paid, tokens unsold→sold`,
      `money ${money}→paid`,
    ]),
  ],
  expire: ['money due→outside, tokens reserved→unsold'],
  refuse: ['money due→outside, tokens reserved→unsold', 'tokens reserved→unsold'],
  // Another transaction for what is owed already moves nothing.
  refund_due: ['money submitted→owed', 'money outside→owed', 'nothing'],
  refund: [
    'money paid→returned, tokens sold→unsold',
    ...['due', 'submitted'].map((money) => `money ${money}→returned, tokens reserved→unsold`),
    ...['owed', 'outside'].map((money) => `money ${money}→returned`),
  ],
  claim: ['nothing'],
  elsewhere: ['tokens unsold→elsewhere', 'tokens elsewhere→unsold'],
  adjust: [
    'tokens outside→unsold',
    'tokens unsold→outside',
    'tokens outside→sold',
    'tokens outside→elsewhere',
  ],
  close: ['nothing'],
};
const ASSETS = ['money', 'tokens'] as const;

/** Null, or the reason why this kind of entry may not move these amounts. */
export function movementFault({ kind, movements }: CheckedEntry): string | null {
  for (const asset of ASSETS) {
    const sum = ofAsset(movements, asset).reduce((total, [, units]) => total + units, 0n);
    if (sum !== 0n) return `the movements of ${asset} do not sum to zero`;
  }
  if (kind !== 'open' && kind !== 'adjust' && (movements.get('tokens:outside') ?? 0n) < 0n)
    return `oversale: "${kind}" brings in tokens that are not for sale`;
  const movement = movementOf(movements);
  return ALLOWED[kind].includes(movement) ? null : `"${kind}" may not move ${movement}`;
}

/** As `money outside→due, tokens unsold→reserved`; `nothing` where nothing moves. */
export function movementOf(movements: CheckedEntry['movements']): string {
  const parts = ASSETS.flatMap((asset) => {
    const moved = ofAsset(movements, asset);
    const names = (isSource: boolean) =>
      moved
        .filter(([, units]) => units < 0n === isSource)
        .map(([account]) => account.slice(asset.length + 1))
        .join('+');
    return moved.length === 0 ? [] : [`${asset} ${names(true)}→${names(false)}`];
  });
  return parts.length === 0 ? 'nothing' : parts.join(', ');
}

const ofAsset = (movements: CheckedEntry['movements'], asset: string): [Account, bigint][] =>
  [...movements].filter(([account]) => account.startsWith(`${asset}:`));
