/**
 * The platform's WAF rules 2 to 4 and 6 to 9; numbers are those of its list. Rules 1 and 5 are rate limits. docs/decisions.md says
 * what became of each.
 */
import type { PhaseRules } from './desired-zone.ts';
import { appRequests, pages, queryContains } from './expressions.ts';
import type { Site } from './site.ts';

/** Addresses in it are blocked. It is kept by hand. */
export const MALICIOUS_ADDRESSES = 'malicious_ips';

/** Cloudflare's id of its managed ruleset, the same in every zone. */
const CLOUDFLARE_MANAGED_RULESET = 'efb7b8c949ac4650a09736fc376e9aee';

const SCRIPT_TEXTS = ['<script', 'javascript:', 'vbscript:', 'onload=', 'onerror='];

const CHALLENGED_COUNTRIES = ['CN', 'RU', 'KP'];

export const firewallRules = (site: Site): readonly PhaseRules['http_request_firewall_custom'][] => [
  {
    ref: 'com2000_waf_6_malicious_addresses',
    description: 'WAF 6: addresses of the list are blocked, also at the API and at /admin',
    expression: `ip.src in $${MALICIOUS_ADDRESSES}`,
    action: 'block',
  },
  {
    // The score of an app is that of a bot.
    ref: 'com2000_waf_apps_no_bot_fight',
    description: 'Apps are not blocked or challenged by Super Bot Fight Mode',
    expression: appRequests(site),
    action: 'skip',
    action_parameters: { phases: ['http_request_sbfm'] },
    logging: { enabled: false },
    needs: { plan: 'pro' },
  },
  {
    ref: 'com2000_waf_2_bots',
    description: 'WAF 2: pages are closed to bots',
    expression: pages(site, 'cf.bot_management.score lt 30 and not cf.bot_management.verified_bot'),
    action: 'block',
    needs: { plan: 'enterprise', addOn: 'bot_management' },
  },
  {
    ref: 'com2000_waf_4_countries',
    description: 'WAF 4: visitors of these countries are challenged on pages',
    expression: pages(
      site,
      `ip.src.country in {${CHALLENGED_COUNTRIES.map((code) => `"${code}"`).join(' ')}}`,
    ),
    action: 'managed_challenge',
  },
  {
    ref: 'com2000_waf_9_scripts',
    description: 'WAF 9: scripts in the query string of a page are blocked',
    expression: pages(site, queryContains(SCRIPT_TEXTS)),
    action: 'block',
  },
];

export const managedRules = (site: Site): readonly PhaseRules['http_request_firewall_managed'][] => [
  {
    // Its rules know attacks by their form, where words of SQL alone would block every GraphQL document that selects or updates.
    ref: 'com2000_waf_8_managed',
    description: "WAF 8, in part: SQL injection and more, by Cloudflare's managed rules, on pages",
    expression: pages(site),
    action: 'execute',
    action_parameters: { id: CLOUDFLARE_MANAGED_RULESET },
    needs: { plan: 'pro' },
  },
];
