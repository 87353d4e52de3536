import type { PhaseRules } from './desired-zone.ts';

type CacheRule = PhaseRules['http_request_cache_settings'];

const DAY_SECONDS = 86_400;
const MONTH_SECONDS = 30 * DAY_SECONDS;

/** The platform's page rules, as cache rules: where several match, the last one decides. */
export const CACHE_RULES: readonly CacheRule[] = [
  {
    ref: 'com2000_cache_by_origin',
    description: 'Page rule of /api: cached by the headers of the answer, and not at all without them',
    expression: 'starts_with(http.request.uri.path, "/api/") or http.request.uri.path eq "/graphql"',
    action: 'set_cache_settings',
    action_parameters: {
      cache: true,
      edge_ttl: { mode: 'bypass_by_default' },
      browser_ttl: { mode: 'respect_origin' },
    },
  },
  {
    ref: 'com2000_cache_static',
    description: 'Page rules of /static and /images: a month at the edge, a day in browsers',
    expression:
      'starts_with(http.request.uri.path, "/static/") or starts_with(http.request.uri.path, "/images/")',
    action: 'set_cache_settings',
    action_parameters: {
      cache: true,
      edge_ttl: { mode: 'override_origin', default: MONTH_SECONDS },
      browser_ttl: { mode: 'override_origin', default: DAY_SECONDS },
    },
  },
];

/** Polish is of the plan Pro and above. Below it images are served as they are. */
export const CONFIGURATION_RULES: readonly PhaseRules['http_config_settings'][] = [
  {
    ref: 'com2000_config_images',
    description: 'Page rule of /images: polish, lossy',
    expression: 'starts_with(http.request.uri.path, "/images/")',
    action: 'set_config',
    action_parameters: { polish: 'lossy' },
    needs: { plan: 'pro' },
  },
];
