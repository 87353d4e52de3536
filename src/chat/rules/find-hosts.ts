/**
 * Finds what leads out of a room: URLs, and names of hosts without a scheme, also as they are written to get past a
 * filter. Ordinary text has dots too, so a name without a scheme counts under a known top level domain alone.
 */
import { latePattern } from '../../auth/late-pattern.ts';
import { TOP_LEVEL_DOMAINS } from './data/top-level-domains.ts';
import { matchingForm } from './matching-form.ts';
import { unicodeHost } from './unicode-host.ts';

/** Words that are top level domains: `agreed.so`, `tell.me` and `it.is` are links only if more speaks for it. */
const WORD_DOMAINS = new Set(
  'am as at be by do is in it me my no now of one so to us how here you and are new has then but ok'.split(
    ' ',
  ),
);
/** Names of files that are names of hosts too. */
const FILE_DOMAINS = new Set('md sh py rs pl ps cc java zip mov cab'.split(' '));
/** Looked for behind a space, where a sentence may end: hardly a sentence begins with one. */
const SPACED_DOMAINS = 'com|net|org|io|xyz|gg|ru|vip|app|finance|exchange|claims|site|online|me|live|top';
const SURE_DOMAINS = 'com|net|org|io|xyz|gg|ru';

let knownDomains: Set<string> | undefined;

function isTopLevel(label: string): boolean {
  knownDomains ??= new Set(TOP_LEVEL_DOMAINS.split(' ').map(matchingForm));
  return knownDomains.has(label) || label.startsWith('xn--');
}

const DOT = 'dot|d0t|punto|ponto|punkt';
/** A dot in brackets is always meant. */
const bracketedDot = latePattern(` {0,2}[[({<] {0,2}(?:\\.|${DOT}) {0,2}[\\])}>] {0,2}`, 'g');
const spelledDot = latePattern(
  ` (?:(?:${DOT}) (?=(?:${SPACED_DOMAINS})(?![a-z0-9]))|point (?=(?:${SURE_DOMAINS})(?![a-z0-9])))`,
  'g',
);
const spacedDot = latePattern(
  `(?<=[a-z0-9])(?: ?\\. ?(?=(?:${SURE_DOMAINS})(?![a-z0-9]))| \\. ?(?=(?:${SPACED_DOMAINS})(?![a-z0-9])))`,
  'g',
);
/** `nova,com`, `nova*com` and `nova (com)` */
const otherDot = latePattern(`(?<=[a-z0-9])(?:[,*]| ?[([{] ?\\.?)(?=(?:${SURE_DOMAINS})(?![a-z0-9]))`, 'g');
/** Between letters that stand alone, as in `e v i l`. */
const spaceBetweenLetters = /(?<=(?:^|[^a-z0-9])[a-z0-9]) (?=[a-z0-9](?:$|[^a-z0-9]))/g;
const schemes = /(?:hxxp|h\*\*p|http)s?[[({]?:?[\])}]? {0,2}[/\\]{1,2} {0,2}/g;

/** @param form as `matchingForm` gives it */
export const deobfuscated = (form: string): string =>
  form
    .replace(spaceBetweenLetters, '')
    .replace(bracketedDot(), '.')
    .replace(/ {2,}/g, ' ')
    .replace(spelledDot(), '.')
    .replace(spacedDot(), '.')
    .replace(otherDot(), '.')
    .replace(schemes, ' https://');

export interface FoundHosts {
  /** In lower case, their labels in Unicode. */
  hosts: string[];
  /** Something leads out: a host, or a URL with an address in numbers, or with no host that can be read. */
  hasLink: boolean;
}

/** @param text in lower case, as it stands or as `matchingForm` gives it */
export function findHosts(text: string): FoundHosts {
  const hosts: string[] = [];
  let hasLink = false;
  for (const token of deobfuscated(text).split(/[\s<>"'()[\]{}|\\^`,;!*]+/)) {
    if (!token.includes('.') && !token.includes('://')) continue;
    const found = hostsOfToken(token);
    hosts.push(...found.hosts);
    hasLink ||= found.hasLink;
  }
  return { hosts, hasLink };
}

/** All that is joined by dots, whatever it ends with and however many spaces are around the dots. */
export const dottedNames = (form: string): string[] =>
  deobfuscated(form)
    .replace(/ dot /g, '.')
    .replace(/ ?\. ?/g, '.')
    .split(noHost())
    .filter((name) => name.includes('.') && name.length <= MAX_HOST_CHARACTERS)
    .map((name) => unicodeHost(trimmedName(name)));

/** A URL, a host with or without a path, an address of mail: whatever is between signs may be a host. */
function hostsOfToken(token: string): FoundHosts {
  const hosts: string[] = [];
  let hasLink = token.includes('://');
  let from = 0;
  for (let at = 0; at <= token.length; at += 1) {
    if (at < token.length && !'/?#:=&@%~$+'.includes(token.charAt(at))) continue;
    const name = trimmedName(token.slice(from, at));
    const isUrl = token.slice(Math.max(0, from - 3), from) === '://';
    if (isUrl && name !== '') hosts.push(unicodeHost(name.slice(-MAX_HOST_CHARACTERS)));
    else if (isHost(name, isContinued(token, at))) {
      hosts.push(unicodeHost(name));
      hasLink = true;
    }
    from = at + 1;
  }
  return { hosts, hasLink };
}

/** A path or a port follows. */
const isContinued = (token: string, at: number) =>
  token.charAt(at) === '/' ||
  (token.charAt(at) === ':' && /^\d{2,5}(?!\d)/.test(token.slice(at + 1, at + 7)));

function trimmedName(piece: string): string {
  let from = 0;
  let to = piece.length;
  while (from < to && '.-_'.includes(piece.charAt(from))) from += 1;
  while (to > from && '.-_'.includes(piece.charAt(to - 1))) to -= 1;
  return piece.slice(from, to);
}

const noHost = latePattern('[^\\p{L}\\p{N}._-]+', 'u');
const IP_ADDRESS = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const MAX_HOST_CHARACTERS = 253;

function isHost(name: string, isContinued: boolean): boolean {
  const labels = name.split('.');
  const [last = ''] = labels.slice(-1);
  if (labels.length < 2 || name.length > MAX_HOST_CHARACTERS || labels.includes('')) return false;
  if (IP_ADDRESS.test(name)) return isContinued;
  if (!isTopLevel(last)) return false;
  if (isContinued || labels[0] === 'www') return true;
  const isTelling = labels.length > 2 || /[0-9-]/.test(labels[0] ?? '');
  if (FILE_DOMAINS.has(last)) return false;
  return !WORD_DOMAINS.has(last) || isTelling;
}
