import type { NonEmpty } from './random.ts';

/** Symbols the price API knows although no project has them: what on-demand lookups are tried with. */
export const EXTRA_SYMBOLS: NonEmpty<string> = [
  'PEPE2',
  'HEX',
  'DGB',
  'XVG',
  'SYS',
  'REQ',
  'NKN',
  'STPT',
  'HOGE',
  'KISHU',
  'ELON',
  'TURBO',
  'LADYS',
  'SHIB2',
  'WBETH',
  'USD0',
  'EURX',
  'XPTX',
  'QUACK',
  'BTC2X',
];
