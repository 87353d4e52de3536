/** Names for coins nobody has heard of: plausible ones by the thousand, and the awkward ones real lists have. */

const FIRST_WORDS =
  'Solar Lunar Nova Quantum Vertex Zenith Amber Cobalt Crimson Delta Echo Ember Falcon Flux Glacier Granite Halo Harbor Helix Horizon Indigo Iron Jade Jasper Kinetic Lattice Liquid Lumen Magma Meridian Mist Nimbus North Obsidian Onyx Opal Orbit Photon Pixel Prism Pulse Quartz Raven River Sable Signal Silver Sonic'.split(
    ' ',
  );
const SECOND_WORDS =
  'Anchor Arch Atlas Bay Beacon Bloom Bridge Canvas Castle Chain Cipher Cloud Compass Crest Dock Engine Field Forge Garden Gate Grid Grove Haven Hive Index Island Key Layer Ledger Link Loom Market Mesh Mint Node Oracle Path Peak Pier Port Quest Rail Reef Ridge Root Sail Shard Spire'.split(
    ' ',
  );
const ENDINGS = ['', ' Protocol', ' Network', ' Finance', ' DAO'];
const COMBINATIONS = FIRST_WORDS.length * SECOND_WORDS.length * ENDINGS.length;
/** Prime to the number of combinations, so that steps of this size visit every one of them. */
const STRIDE = 7919;

export interface CoinName {
  name: string;
  slug: string;
  symbol: string;
}

export const AWKWARD_NAMES: readonly CoinName[] = [
  { name: 'Éther Nova', slug: 'ether-nova', symbol: 'ETNV' },
  { name: '量子链', slug: 'quantum-lian', symbol: 'LZL' },
  { name: 'Зенит', slug: 'zenit', symbol: 'ZENIT' },
  { name: "Satoshi's Garden", slug: 'satoshis-garden', symbol: 'SGDN' },
  { name: 'The "Quoted" Coin', slug: 'the-quoted-coin', symbol: 'QUOTD' },
  { name: '100% Yield', slug: '100-percent-yield', symbol: '100Y' },
  { name: 'snake_case_token', slug: 'snake-case-token', symbol: 'SNAKE' },
  { name: 'São Paulo Índice', slug: 'sao-paulo-indice', symbol: 'SPI' },
  { name: '日本円コイン', slug: 'nihon-yen-coin', symbol: 'NYC' },
  { name: '김치 프리미엄', slug: 'kimchi-premium', symbol: 'KIMP' },
  { name: 'Øresund Ærlig', slug: 'oresund-aerlig', symbol: 'ORE' },
  { name: 'Moon 🚀 Rocket', slug: 'moon-rocket', symbol: 'MNRKT' },
  { name: 'A', slug: 'a', symbol: 'A' },
  { name: 'Null', slug: 'null', symbol: 'NULL' },
  { name: "O'Hara & Söhne", slug: 'ohara-und-soehne', symbol: 'OHARA' },
  { name: 'Back\\slash', slug: 'back-slash', symbol: 'BSLSH' },
  { name: '<b>Bold</b>', slug: 'bold', symbol: 'BOLD' },
  { name: 'عملة الرمال', slug: 'umlat-alrimal', symbol: 'RIMAL' },
  { name: 'İstanbul Lirası', slug: 'istanbul-lirasi', symbol: 'ISTL' },
  { name: 'Straße', slug: 'strasse', symbol: 'STRSS' },
  { name: '🐸', slug: 'frog', symbol: 'FROGX' },
  {
    name: 'A Very Long Name For A Coin That Fits In No Column Of Any Table Ever Drawn',
    slug: 'long',
    symbol: 'LONG',
  },
  { name: '-- DROP TABLE', slug: 'drop-table', symbol: 'DROP' },
  { name: 'semi;colon, comma', slug: 'semi-colon-comma', symbol: 'SEMI' },
];

/** Different for every index below `COMBINATIONS`; beyond that a number is put behind. */
export function plausibleName(index: number, offset: number): CoinName {
  const combination = ((index + offset) * STRIDE) % COMBINATIONS;
  const first = FIRST_WORDS[combination % FIRST_WORDS.length] ?? 'Solar';
  const rest = Math.floor(combination / FIRST_WORDS.length);
  const second = SECOND_WORDS[rest % SECOND_WORDS.length] ?? 'Anchor';
  const ending = ENDINGS[Math.floor(rest / SECOND_WORDS.length)] ?? '';
  const round = Math.floor(index / COMBINATIONS);
  const name = `${first} ${second}${ending}${round === 0 ? '' : ` ${round + 1}`}`;
  return {
    name,
    slug: name.toLowerCase().replaceAll(' ', '-'),
    symbol: `${first.slice(0, 2)}${second.slice(0, 2)}${ending.slice(1, 2)}`.toUpperCase(),
  };
}
