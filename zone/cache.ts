import type { PhaseRules } from './desired-zone.ts';
import { appRequests, FILE_PATHS, gatewayRequests, pathStartsWith } from './expressions.ts';
import type { Site } from './site.ts';

const DAY_SECONDS = 86_400;
const MONTH_SECONDS = 30 * DAY_SECONDS;

/** Instead of seconds: the answer is not kept (developers.cloudflare.com/cache/how-to/configure-cache-status-code). */
const NO_STORE = -1;

/**
 * The platform's page rules. The last one that matches decides. No rule of a zone reaches the cache of a Worker, which obeys
 * the headers of its answers alone (developers.cloudflare.com/workers/cache); the first rule keeps the zone's settings off them too.
 */
export const cacheRules = (site: Site): readonly PhaseRules['http_request_cache_settings'][] => [
  {
    ref: 'com2000_cache_by_origin',
    description: 'Page rule of /api: cached as its headers say, and not at all without them',
    expression: gatewayRequests(site),
    action: 'set_cache_settings',
    action_parameters: {
      cache: true,
      edge_ttl: { mode: 'bypass_by_default' },
      browser_ttl: { mode: 'respect_origin' },
    },
  },
  {
    ref: 'com2000_cache_files',
    description: 'Page rules of /static and /images: a month at the edge, a day in browsers',
    expression: pathStartsWith(FILE_PATHS),
    action: 'set_cache_settings',
    action_parameters: {
      cache: true,
      edge_ttl: {
        mode: 'override_origin',
        default: MONTH_SECONDS,
        // Otherwise a file that somebody asked for before it was uploaded is missing for a month.
        status_code_ttl: [{ status_code_range: { from: 400 }, value: NO_STORE }],
      },
      browser_ttl: { mode: 'override_origin', default: DAY_SECONDS },
    },
  },
];

export const configurationRules = (site: Site): readonly PhaseRules['http_config_settings'][] => [
  {
    ref: 'com2000_config_images',
    description: 'Page rule of /images: polish, lossy',
    expression: pathStartsWith(['/images/']),
    action: 'set_config',
    action_parameters: { polish: 'lossy' },
    needs: { plan: 'pro' },
  },
  {
    // Both challenge clients that are no browsers, and the level would do so if somebody set "under attack" for the zone.
    ref: 'com2000_config_apps',
    description: 'Apps are not challenged by the security level or the browser check',
    expression: appRequests(site),
    action: 'set_config',
    action_parameters: { bic: false, security_level: 'essentially_off' },
  },
];
