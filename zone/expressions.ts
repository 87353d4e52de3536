/**
 * Conditions of rules, in Cloudflare's Rules language. Apps cannot solve a challenge: they see a page where they expect JSON. So only
 * `pages` makes an expression that a rule with a challenge takes, and what it makes matches no request of an app and no file.
 */
import type { Site } from './site.ts';

declare const pagesAlone: unique symbol;

/** An expression that matches documents which people see in a browser, and nothing else. */
export type PagesExpression = string & { readonly [pagesAlone]: true };

/** Paths of the gateway, also on other hosts. A path of the website that begins alike is not challenged either. */
const APP_PATHS = ['/admin', '/api', '/files', '/graphql', '/health', '/ledger', '/uploads'];

/** Paths of files that pages load. A browser shows no challenge for an image or a script. */
export const FILE_PATHS = ['/static/', '/images/'];

/** Requests to the gateway: of apps, of sockets, of the command line. */
export function gatewayRequests(site: Site): string {
  return anyOf([hostIn(site.gatewayHosts), pathStartsWith(APP_PATHS)]);
}

/** Requests of programs: those to the gateway, and its own to its upstreams. */
export function appRequests(site: Site): string {
  return anyOf([gatewayRequests(site), hostIn(site.upstreamHosts)]);
}

/** All pages, or those of a condition. */
export function pages(site: Site, condition?: string): PagesExpression {
  const others = anyOf([appRequests(site), hostIn([site.cdnHost]), pathStartsWith(FILE_PATHS)]);
  const isPage = `not (${others})`;
  return (condition === undefined ? isPage : `(${condition}) and ${isPage}`) as PagesExpression;
}

/** Paths alone: on the plan Free a rate limit may not look at anything else. */
export function pathStartsWith(prefixes: readonly string[]): string {
  return anyOf(prefixes.map((prefix) => `starts_with(http.request.uri.path, ${quoted(prefix)})`));
}

/** A client may write a host in capitals. */
export function hostIn(hosts: readonly string[]): string {
  return `lower(http.host) in {${hosts.map(quoted).join(' ')}}`;
}

/** The query as a server may read it: decoded, again and again, in small letters. */
export function queryContains(texts: readonly string[]): string {
  return anyOf(
    texts.map((text) => `lower(url_decode(http.request.uri.query, "r")) contains ${quoted(text)}`),
  );
}

function anyOf(conditions: readonly string[]): string {
  return conditions.join(' or ');
}

const quoted = (text: string): string => JSON.stringify(text);
