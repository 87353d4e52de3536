import { dottedNames, type FoundHosts, findHosts } from './find-hosts.ts';
import { matchingForm } from './matching-form.ts';
import { isAllowedHost, safeLinks } from './safe-links.ts';
import { wordSkeleton } from './skeleton.ts';

export interface MessageLeads {
  /** Links that may be followed. */
  links: string[];
  /** Every host that the text may mean, in each way of reading it. */
  hosts: string[];
  /** It leads out of the platform. */
  hasLink: boolean;
  /** A handle of another network, an address of mail, or the number of a phone. */
  hasContact: boolean;
  /** Handles with more than one word: `@admin` speaks to an admin. */
  handles: string[];
  /** A host that is none of the platform's looks like one of them, or has the name of one in its own. */
  lookalikes: boolean;
}

/** Also an address of mail. At the beginning somebody in the room is spoken to. */
const HANDLE = /(?<!^)@ ?[a-z0-9_]{4,}|[a-z0-9]_[a-z0-9]/;
const HANDLES_OF_WORDS = /@ ?(?=[a-z0-9]*[_0-9])[a-z0-9_]{4,32}/g;
const PHONE = /(?:\+|\b00) ?\d[\d ().-]{7,20}\d/;
const CHAT_HOSTS = [
  't.me',
  'telegram.me',
  'telegram.dog',
  'wa.me',
  'whatsapp.com',
  'discord.gg',
  'line.me',
  'signal.me',
];
/** Shorter names are in many others. */
const BRAND_MIN_CHARACTERS = 5;

/** @param allowed hosts of the platform's own, with their subdomains */
export function leadsOf(text: string, allowed: readonly string[]): MessageLeads {
  const links = safeLinks(text, allowed);
  let rest = text;
  for (const link of links) rest = rest.replaceAll(link, ' ');
  const written = findHosts(rest.normalize('NFKC').toLowerCase());
  const form = matchingForm(text);
  const seen = findHosts(matchingForm(rest));
  const named = [...new Set([...written.hosts, ...seen.hosts])];
  const readings = [...new Set(named.flatMap((host) => [host, matchingForm(host)]))];
  const hosts = [...new Set([...readings, ...dottedNames(form)])];
  const foreign = readings.filter((host) => !isAllowedHost(host, allowed));
  return {
    links,
    hosts,
    hasLink: leadsOut(written, allowed) || leadsOut(seen, allowed),
    hasContact:
      HANDLE.test(form) || PHONE.test(form) || named.some((host) => isAllowedHost(host, CHAT_HOSTS)),
    handles: (form.match(HANDLES_OF_WORDS) ?? []).map((handle) => handle.slice(1)),
    lookalikes: hasMoreOwn(seen, written, allowed) || foreign.some((host) => looksLikeOne(host, allowed)),
  };
}

const leadsOut = ({ hosts, hasLink }: FoundHosts, allowed: readonly string[]) =>
  hasLink && (hosts.length === 0 || hosts.some((host) => !isAllowedHost(host, allowed)));

/** Hosts of the platform that nobody has written: other letters look like theirs. */
function hasMoreOwn(seen: FoundHosts, written: FoundHosts, allowed: readonly string[]): boolean {
  const own = ({ hosts }: FoundHosts) => hosts.filter((host) => isAllowedHost(host, allowed)).length;
  return own(seen) > own(written);
}

function looksLikeOne(host: string, allowed: readonly string[]): boolean {
  const skeleton = host.split('.').map(wordSkeleton);
  const whole = skeleton.join('.');
  return allowed.some((one) => {
    const labels = one.split('.').map(wordSkeleton);
    const brand = labels.at(-2) ?? '';
    const isTelling = brand.length >= BRAND_MIN_CHARACTERS;
    return (
      `.${whole}.`.includes(`.${labels.join('.')}.`) ||
      (isTelling && whole.replaceAll('-', '').includes(brand))
    );
  });
}
