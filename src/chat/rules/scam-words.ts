/**
 * Words of well-known frauds: who asks for secrets, promises to double, pretends to be support. A message with all signals
 * of a fraud waits for a moderator; it is never refused, because people who warn of a fraud use its words.
 *
 * Sources of the patterns: docs.projectserum.com, "Avoiding scams"; forklog.com, "Crypto scams on Telegram"; scambulance.org,
 * "Seed phrase phishing and wallet drainers"; ktlieren.com, "Fake airdrops and phishing". The words are the project's own.
 */
import { SCAM_PHRASES } from './data/scam-phrases.ts';
import { skeletonWords, wordSkeleton } from './skeleton.ts';

type Phrase = keyof typeof SCAM_PHRASES;
/** `link`: leads out of the platform. `contact`: a handle or a number of a phone. `address`: of a wallet or contract. */
export type Lead = 'link' | 'contact' | 'address';

/** A fraud and its signals: one of each group must be there. */
const FRAUDS: readonly { fraud: string; groups: readonly (readonly (Phrase | Lead)[])[] }[] = [
  { fraud: 'asks for a secret', groups: [['ask', 'connect'], ['secret']] },
  {
    fraud: 'wants to repair a wallet',
    groups: [['repair'], ['wallet'], ['yours', 'link', 'contact', 'hurry', 'invite']],
  },
  {
    fraud: 'gives something away',
    groups: [
      ['gift'],
      ['hurry'],
      ['connect', 'give', 'wallet'],
      ['link', 'contact', 'privately', 'profile', 'yours'],
    ],
  },
  { fraud: 'leads to a page that takes what is there', groups: [['link'], ['claim'], ['hurry', 'threat']] },
  { fraud: 'leads to a profile', groups: [['profile'], ['gift', 'profit', 'claim']] },
  { fraud: 'promises to double', groups: [['give', 'gift'], ['double']] },
  {
    fraud: 'pretends to be support',
    groups: [['staff'], ['invite'], ['service'], ['contact', 'app', 'link', 'privately', 'yours']],
  },
  { fraud: 'offers help in private', groups: [['privately'], ['service', 'staff', 'secret']] },
  { fraud: 'leads to another chat', groups: [['app', 'link'], ['invite'], ['contact', 'mend']] },
  { fraud: 'praises a helper', groups: [['app', 'contact', 'privately'], ['mend']] },
  {
    fraud: 'offers to recover what is lost',
    groups: [['recover'], ['loss'], ['healer', 'contact'], ['contact', 'link', 'invite', 'app']],
  },
  {
    fraud: 'promises profit',
    groups: [['profit'], ['invite', 'link', 'contact']],
  },
  {
    fraud: 'moves a token',
    groups: [
      ['moved'],
      ['must'],
      ['give', 'link', 'address', 'connect'],
      ['yours', 'link', 'address', 'must'],
    ],
  },
  { fraud: 'threatens', groups: [['threat'], ['yours'], ['connect', 'ask', 'invite', 'repair', 'link']] },
  { fraud: 'wants a fee first', groups: [['fee'], ['give', 'ask', 'invite', 'pay'], ['pay']] },
];

/** After one of them, what follows is not asked for. */
const NEGATIONS = new Set(['never', 'dont', 'not', 'nobody', 'wont']);
const ASKING = new Set(['ask', 'asks', 'asked', 'asking']);
const BETWEEN = new Set(['ever', 'you', 'to']);
/** `never ask for your seed phrase` */
const WORDS_OF_A_REQUEST = 5;
/** `my seed phrase`: whoever speaks of their own asks nobody. */
const OF_ONES_OWN = [
  'seed',
  'secret',
  'recovery',
  'backup',
  'private',
  'wallet',
  'key',
  'keys',
  'phrase',
  'words',
  'mnemonic',
];

/** @returns the fraud that the text has all signals of, in words for a moderator; null if there is none. */
export function fraudOf(text: string, leads: ReadonlySet<Lead>): string | null {
  const said = ` ${askedWords(text).join(' ')} `;
  const heard = new Map<Phrase, boolean>();
  const hears = (signal: Phrase | Lead): boolean => {
    if (signal === 'link' || signal === 'contact' || signal === 'address') return leads.has(signal);
    let isHeard = heard.get(signal);
    isHeard ??= phrases()[signal].some((phrase) => said.includes(phrase));
    heard.set(signal, isHeard);
    return isHeard;
  };
  return FRAUDS.find(({ groups }) => groups.every((group) => group.some(hears)))?.fraud ?? null;
}

let skeletons: Record<Phrase, string[]> | undefined;

/** A Latin phrase has a space before and behind it. */
function phrases(): Record<Phrase, string[]> {
  skeletons ??= Object.fromEntries(
    Object.entries(SCAM_PHRASES).map(([signal, list]) => [signal, list.split(',').map(phraseSkeleton)]),
  ) as Record<Phrase, string[]>;
  return skeletons;
}

function phraseSkeleton(phrase: string): string {
  const words = numberedWords(phrase.replaceAll('#', '0')).join(' ');
  if (!/^[\x20-\x7e]*$/.test(words)) return words;
  return phrase.endsWith('*') ? ` ${words}` : ` ${words} `;
}

/** The words of a text without what it says not to do and what it says of its author's own. */
function askedWords(text: string): string[] {
  const all = numberedWords(text.replaceAll(/n['’`´]t\b/gi, 'nt'));
  const asked: string[] = [];
  for (let at = 0; at < all.length; at += 1) {
    const word = all[at] ?? '';
    if (word === 'my') at += ownWords(all, at + 1);
    else if (!NEGATIONS.has(word)) asked.push(word);
    else {
      while (BETWEEN.has(all[at + 1] ?? '')) at += 1;
      at += ASKING.has(all[at + 1] ?? '') ? WORDS_OF_A_REQUEST : 1;
    }
  }
  return asked;
}

let ownSkeletons: Set<string> | undefined;

function ownWords(words: readonly string[], from: number): number {
  let count = 0;
  ownSkeletons ??= new Set(OF_ONES_OWN.map(wordSkeleton));
  while (ownSkeletons.has(words[from + count] ?? '')) count += 1;
  return count;
}

/** `skeletonWords` with one sign for each number. */
function numberedWords(text: string): string[] {
  const words: string[] = [];
  for (const word of skeletonWords(text)) {
    if (!/^\d+$/.test(word)) words.push(word);
    else if (words.at(-1) !== '#') words.push('#');
  }
  return words;
}
