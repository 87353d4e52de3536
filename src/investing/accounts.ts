/** The accounts of a ledger. What leaves one arrives in another of the same asset; `outside` alone may be below zero. */
export const ACCOUNTS = [
  'tokens:unsold',
  'tokens:reserved',
  'tokens:sold',
  'tokens:elsewhere',
  'tokens:outside',
  'money:due',
  'money:submitted',
  'money:paid',
  'money:owed',
  'money:returned',
  'money:outside',
] as const;
export type Account = (typeof ACCOUNTS)[number];

/** In units of 10^-18. */
export type Balances = Record<Account, bigint>;
/** The amounts that an entry adds to accounts. */
export type Movements = Partial<Balances>;

export const isOutside = (account: Account): boolean => account.endsWith(':outside');

/** `amount` goes from one account to another; nothing goes where it is 0. */
export const move = (from: Account, to: Account, amount: bigint): Movements =>
  amount === 0n || from === to ? {} : { [from]: -amount, [to]: amount };
