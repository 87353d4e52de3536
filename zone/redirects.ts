import type { PhaseRules } from './desired-zone.ts';
import { hostIn } from './expressions.ts';
import type { Site } from './site.ts';

/** http to https is the setting `always_use_https`, on every host. */
export const redirects = (site: Site): readonly PhaseRules['http_request_dynamic_redirect'][] => [
  {
    ref: 'com2000_redirect_www',
    description: 'The website has one name: the zone itself',
    expression: hostIn([`www.${site.zone}`]),
    action: 'redirect',
    action_parameters: {
      from_value: {
        status_code: 301,
        target_url: { expression: `concat("https://${site.zone}", http.request.uri.path)` },
        preserve_query_string: true,
      },
    },
  },
];
