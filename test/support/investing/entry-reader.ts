/**
 * Reads a ledger's public entries as a stranger does (`test/contracts/ledger.md`), and works out from them alone what has
 * become of each investment. It throws at the first entry that breaks a promise.
 */
import { createHash } from 'node:crypto';

/** `failed`: nothing is held and nothing was paid; `owed`: nothing is held, and a payment has to go back. */
export type EntryStatus = 'reserved' | 'submitted' | 'confirmed' | 'failed' | 'owed' | 'returned';

export interface LedgerEntry {
  accounts: Record<string, string>;
  at: string;
  kind: string;
  pool: string;
  previous: string;
  sequence: string;
  investment?: string;
  reason?: string;
  source?: string;
}

interface InvestmentEntries {
  /** Sums of the investment's own entries, an account. */
  sums: Map<string, bigint>;
  status: EntryStatus | null;
  units: bigint;
  money: bigint;
}

const KINDS = new Set(
  'open reserve submit pay expire refuse refund_due refund claim elsewhere adjust close'.split(' '),
);
const ACCOUNTS = new Set([
  ...['unsold', 'reserved', 'sold', 'elsewhere', 'outside'].map((name) => `tokens:${name}`),
  ...['due', 'submitted', 'paid', 'owed', 'returned', 'outside'].map((name) => `money:${name}`),
]);
/** The accounts between which each kind may move tokens, `from>to`. */
const TOKEN_MOVES: Record<string, readonly string[]> = {
  open: ['outside>unsold'],
  reserve: ['unsold>reserved'],
  pay: ['reserved>sold', 'unsold>sold'],
  expire: ['reserved>unsold'],
  refuse: ['reserved>unsold'],
  refund_due: ['reserved>unsold'],
  refund: ['sold>unsold', 'reserved>unsold'],
  elsewhere: ['unsold>elsewhere', 'elsewhere>unsold'],
  adjust: ['outside>unsold', 'unsold>outside', 'outside>sold', 'outside>elsewhere'],
};
/** From where to where an investment may go; it may always stay. */
const NEXT: Record<EntryStatus, readonly EntryStatus[]> = {
  reserved: ['submitted', 'confirmed', 'failed', 'owed', 'returned'],
  submitted: ['confirmed', 'owed', 'returned'],
  confirmed: ['returned'],
  failed: ['submitted', 'owed', 'confirmed', 'returned'],
  owed: ['submitted', 'confirmed', 'returned'],
  returned: [],
};

const digests = new Map<string, string>();

/** Hashing the same ids after each step would take most of the time of a drawn sale. */
export function investmentDigest(id: string): string {
  const known = digests.get(id);
  if (known !== undefined) return known;
  const globalId = Buffer.from(`Investment:${id}`).toString('base64url');
  const digest = createHash('sha256').update(globalId).digest('hex');
  if (digests.size > 10_000) digests.clear();
  digests.set(id, digest);
  return digest;
}

export class EntryReader {
  sequence = 0n;
  hash = '0'.repeat(64);
  at = '';
  readonly lines: string[] = [];
  readonly balances = new Map<string, bigint>();
  readonly #investments = new Map<string, InvestmentEntries>();

  balance(account: string): bigint {
    return this.balances.get(account) ?? 0n;
  }

  get investmentCount(): number {
    return this.#investments.size;
  }

  of(id: string): Readonly<InvestmentEntries> | undefined {
    return this.#investments.get(investmentDigest(id));
  }

  /** @param text the entries of one step, one a line */
  read(text: string): LedgerEntry[] {
    const touched = new Set<InvestmentEntries>();
    const entries = text.split('\n').filter((line) => line !== '');
    const read = entries.map((line) => this.#readLine(line, touched));
    for (const [account, balance] of this.balances) {
      if (balance < 0n && !account.endsWith(':outside')) throw new Error(`${account} is at ${balance}`);
    }
    // A late payment reserves and submits within one step.
    for (const investment of touched) this.#settle(investment);
    return read;
  }

  #readLine(line: string, touched: Set<InvestmentEntries>): LedgerEntry {
    const entry: LedgerEntry = JSON.parse(line);
    const broken = (what: string): never => {
      throw new Error(`${what}: ${line}`);
    };
    if (canonical(entry) !== line) broken('not canonical');
    if (entry.sequence !== (this.sequence + 1n).toString()) broken(`sequence is not ${this.sequence + 1n}`);
    if (entry.previous !== this.hash) broken(`previous is not ${this.hash}`);
    if (!KINDS.has(entry.kind)) broken('unknown kind');
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(entry.at) || entry.at < this.at)
      broken('time goes back');
    if ((entry.sequence === '1') !== (entry.kind === 'open')) broken('open comes first, and once');
    if (entry.kind === 'adjust' && !(entry.reason && ['main-api', 'operator'].includes(entry.source ?? '')))
      broken('an adjust without reason or source');
    this.sequence += 1n;
    this.hash = createHash('sha256').update(line).digest('hex');
    this.at = entry.at;
    this.lines.push(line);
    const amounts = Object.entries(entry.accounts).map(([name, text]) => [name, units(text)] as const);
    const investment = entry.investment === undefined ? null : this.#find(entry.investment);
    for (const asset of ['tokens', 'money']) {
      const moved = amounts.filter(([name]) => name.startsWith(`${asset}:`));
      if (moved.reduce((sum, [, amount]) => sum + amount, 0n) !== 0n) broken(`${asset} do not sum to zero`);
    }
    for (const [name, amount] of amounts) {
      if (!ACCOUNTS.has(name) || amount === 0n) broken(`account ${name}`);
      this.balances.set(name, this.balance(name) + amount);
      investment?.sums.set(name, (investment.sums.get(name) ?? 0n) + amount);
    }
    const tokens = amounts.filter(([name]) => name.startsWith('tokens:'));
    if (tokens.length > 0) {
      const names = (sign: 1n | -1n) =>
        tokens.filter(([, amount]) => amount * sign > 0n).map(([name]) => name.slice('tokens:'.length));
      const move = `${names(-1n).join()}>${names(1n).join()}`;
      if (!TOKEN_MOVES[entry.kind]?.includes(move)) broken(`tokens move ${move}`);
    }
    if (investment !== null) touched.add(investment);
    return entry;
  }

  /** An investment holds all of its tokens in one account, and its money is where that says. */
  #settle(investment: InvestmentEntries): void {
    const held = (accounts: string[]) =>
      accounts.filter((account) => (investment.sums.get(account) ?? 0n) !== 0n);
    const tokens = held(['tokens:reserved', 'tokens:sold']);
    const money = held(['money:due', 'money:submitted', 'money:paid', 'money:owed', 'money:returned']);
    const status = STATUS_OF[`${tokens.join()} ${money.join()}`];
    const failure = (what: string) =>
      new Error(`${what}: ${investment.status} → ${[...investment.sums].map((sum) => sum.join(' ')).join()}`);
    if (status === undefined) throw failure('tokens and money do not fit');
    const [tokenSum = 0n] = tokens.map((account) => investment.sums.get(account) ?? 0n);
    const [moneySum = 0n] = money.map((account) => investment.sums.get(account) ?? 0n);
    investment.units ||= tokenSum;
    investment.money ||= moneySum;
    if (tokenSum !== 0n && tokenSum !== investment.units) throw failure('not all of its tokens');
    if (moneySum !== 0n && moneySum !== investment.money) throw failure('not all of its money');
    const { status: before } = investment;
    if (before === null ? status !== 'reserved' : before !== status && !NEXT[before].includes(status))
      throw failure(`cannot become ${status}`);
    investment.status = status;
  }

  #find(digest: string): InvestmentEntries {
    const known = this.#investments.get(digest);
    if (known !== undefined) return known;
    const investment: InvestmentEntries = { sums: new Map(), status: null, units: 0n, money: 0n };
    this.#investments.set(digest, investment);
    return investment;
  }
}

const STATUS_OF: Record<string, EntryStatus> = {
  'tokens:reserved money:due': 'reserved',
  'tokens:reserved money:submitted': 'submitted',
  'tokens:sold money:paid': 'confirmed',
  ' ': 'failed',
  ' money:owed': 'owed',
  ' money:returned': 'returned',
};

function units(text: string): bigint {
  if (!/^-?(0|[1-9]\d*)(\.\d{1,18})?$/.test(text) || /\.\d*0$/.test(text))
    throw new Error(`not a shortest decimal: ${text}`);
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const amount = BigInt(whole + fraction.padEnd(18, '0'));
  return text.startsWith('-') ? -amount : amount;
}

/** RFC 8785 for objects of texts. */
function canonical(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('an entry has texts alone');
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join()}}`;
}
