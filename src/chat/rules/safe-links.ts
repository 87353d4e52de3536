import { parentDomains } from './phishing-hosts.ts';

/** Characters of RFC 3986 that mean nothing in HTML. A link has no credentials, and no other URL in it. */
const LINK = /https:\/\/[a-zA-Z0-9\-._~:/?#[\]@!$&()*+,;=%]+/g;
/** A sentence goes on behind a link. */
const BEHIND_LINK = '.,:;!?)]*';

export const isAllowedHost = (host: string, allowed: readonly string[]): boolean =>
  parentDomains(host).some((domain) => allowed.includes(domain));

/** @returns the links of the text whose hosts are allowed, as they stand in it. */
export const safeLinks = (text: string, allowed: readonly string[]): string[] => [
  ...new Set((text.match(LINK) ?? []).map(withoutTail).filter((link) => isSafe(link, allowed))),
];

function withoutTail(link: string): string {
  let end = link.length;
  while (BEHIND_LINK.includes(link.charAt(end - 1))) end -= 1;
  return link.slice(0, end);
}

function isSafe(link: string, allowed: readonly string[]): boolean {
  if (!URL.canParse(link)) return false;
  const url = new URL(link);
  const plain = url.username === '' && url.password === '' && url.port === '' && !link.includes('@');
  return plain && isAllowedHost(url.hostname, allowed) && !leadsOn(link);
}

/** Pages that redirect lead to where a link in their link says. */
const leadsOn = (link: string) => /https?(?::|%3a)|\/\/|%2f%2f|%25/i.test(link.slice('https://'.length));
