/** The parameters of each endpoint of `/api` as the contract has them, with values that are good and values that are not. */

export interface ParameterRow {
  good: string;
  /** As the contract says; undefined where the parameter is required, or nothing stands for it. */
  byDefault?: string;
  isRequired?: boolean;
  bad: readonly string[];
}

export interface EndpointRow {
  /** Good values of the parameters of the path. */
  path?: Record<string, string>;
  query?: Record<string, ParameterRow>;
  headers?: Record<string, ParameterRow>;
  /** Good values of the members of the body, and of each those that are not. */
  body?: Record<string, { good: unknown; isRequired?: boolean; bad: readonly unknown[] }>;
}

const NO_WHOLE_NUMBERS = [
  '1e2',
  '0x10',
  '+5',
  ' 5',
  '5 ',
  '5.0',
  '-1',
  '99999999999',
  'NaN',
  '٥',
  'true',
  '[5]',
];
const PAGE: ParameterRow = { good: '2', byDefault: '1', bad: [...NO_WHOLE_NUMBERS, '0', '10001'] };
const limitRow = (byDefault: string): ParameterRow => ({
  good: '3',
  byDefault,
  bad: [...NO_WHOLE_NUMBERS, '0', '101'],
});
const PAGED = { page: PAGE, limit: limitRow('20') };

/** @param words the first is good. */
const oneOf = ([good = '', ...others]: readonly string[], byDefault?: string): ParameterRow => ({
  good,
  ...(byDefault === undefined ? {} : { byDefault }),
  bad: [`${good.toUpperCase()}!`, `${good} `, `${good},${others[0] ?? good}`, 'nothing', 'null'],
});
const FLAG: ParameterRow = { good: 'true', byDefault: 'false', bad: ['1', 'yes', 'TRUE', 'null'] };

const wrongText = (max: number) => ['a\0b', 'a\nb', '\x7f', 'x'.repeat(max + 1)];
const WRONG_SEARCH = ['a', ' a ', '😀', '\u200b\u200b\u200b', 'x'.repeat(65)];
const symbolsRow = (good: string, bad: readonly string[]): ParameterRow => ({
  good,
  isRequired: true,
  bad: [',', 'BTC,', ',ETH,BTC', 'BTC,,ETH', 'BTC,\0', `BTC,${'X'.repeat(65)}`, ...bad],
});
const many = (count: number) => Array.from({ length: count }, (_, at) => `S${at}`).join();

const NO_TEXT = [1, true, null, [], {}, ['x']];
const textMember = (good: string, bad: readonly unknown[] = []) => ({
  good,
  isRequired: true,
  bad: [...NO_TEXT, ...bad],
});
const optionalText = (good: string) => ({ good, bad: [1, true, [], {}, ['x']] });
const CREDENTIALS = {
  email: textMember('ann@example.com'),
  password: textMember('correct horse battery staple'),
  displayName: optionalText('Ann'),
  deviceToken: optionalText('x'),
};
const NONE: EndpointRow = {};

export const ENDPOINT_ROWS: Readonly<Record<string, EndpointRow>> = {
  'GET /api/projects': {
    query: {
      ...PAGED,
      category: { good: 'defi', bad: wrongText(100) },
      status: oneOf(['upcoming', 'live'], 'live'),
      sortBy: oneOf(['name', 'current_price'], 'market_cap'),
      sortOrder: oneOf(['asc', 'desc'], 'desc'),
      search: { good: 'bit', bad: WRONG_SEARCH },
    },
  },
  'GET /api/projects/trending': {
    query: { category: { good: 'defi', byDefault: 'all', bad: wrongText(100) }, limit: limitRow('10') },
  },
  'GET /api/projects/search': {
    query: { q: { good: 'bit', isRequired: true, bad: WRONG_SEARCH }, limit: limitRow('20') },
  },
  'GET /api/projects/:id': { path: { id: 'bitcoin' } },
  'GET /api/projects/:id/price-history': {
    path: { id: 'bitcoin' },
    query: { period: oneOf(['7d', '30d'], '24h') },
  },
  'GET /api/prices': {
    query: { symbols: symbolsRow('BTC,ETH', [many(101)]), currency: oneOf(['eur', 'usd'], 'usd') },
  },
  'GET /api/prices/compare': {
    query: {
      symbols: symbolsRow('BTC,ETH', ['BTC', 'BTC,btc', many(11)]),
      period: oneOf(['7d', '1h'], '24h'),
    },
  },
  'GET /api/prices/:symbol': {
    path: { symbol: 'BTC' },
    query: { currency: oneOf(['eur', 'usd'], 'usd'), include_history: FLAG },
  },
  'GET /api/ido/pools': {
    query: {
      ...PAGED,
      status: oneOf(['active', 'upcoming']),
      type: oneOf(['public', 'private']),
      project: { good: 'bitcoin', bad: wrongText(256) },
    },
  },
  'GET /api/ido/pools/:id': { path: { id: 'pool_0001' } },
  'POST /api/protected/ido/pools/:id/invest': {
    path: { id: 'pool_0001' },
    headers: {
      'idempotency-key': {
        good: 'a-key-of-mine',
        isRequired: true,
        bad: ['7-chars', 'k'.repeat(256), 'first-key, second-key'],
      },
    },
    body: {
      amount: { good: '10', isRequired: true, bad: [...NO_TEXT, '', '1e2', '0x10', '-1', ' 1', '1,5'] },
    },
  },
  'POST /api/protected/ido/pools/:id/register': { path: { id: 'pool_0001' } },
  'POST /api/protected/ido/investments/:id/payment': {
    path: { id: 'inv_nobody' },
    body: { transactionHash: textMember(`0x${'0'.repeat(64)}`, ['']) },
  },
  'POST /api/protected/ido/investments/:id/claim': { path: { id: 'inv_nobody' } },
  'GET /api/protected/ido/investments': { query: { ...PAGED, status: oneOf(['confirmed', 'pending']) } },
  'POST /api/auth/register': { body: CREDENTIALS },
  'POST /api/auth/login': { body: CREDENTIALS },
  'POST /api/auth/wallet-challenge': {
    body: {
      address: textMember(`0x${'0'.repeat(40)}`),
      chainId: { good: 1, bad: ['1', 0, -1, 1.5, 2 ** 31, true, [], {}] },
    },
  },
  'POST /api/auth/wallet-connect': { body: { message: textMember('x'), signature: textMember('0x') } },
  'POST /api/auth/refresh': { body: { refreshToken: textMember('x') } },
  'POST /api/protected/auth/logout': { body: { everywhere: { good: false, bad: ['false', 0, [], {}] } } },
  'GET /api/protected/users/profile': NONE,
  'PUT /api/protected/users/profile': {
    body: { displayName: optionalText('Ann'), avatarUrl: optionalText('https://example.com/a.png') },
  },
  'GET /api/protected/users/portfolio': NONE,
  'GET /api/protected/users/transactions': { query: PAGED },
};
