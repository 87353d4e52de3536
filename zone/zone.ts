/**
 * The zone as the platform's lists want it, in today's terms. docs/decisions.md ("Zone") names what is done otherwise, and why.
 * Nothing here calls anything: `npm run zone` compares it with what is there.
 */
import { cacheRules, configurationRules } from './cache.ts';
import { type DesiredZone, OWNER_MARK } from './desired-zone.ts';
import { firewallRules, MALICIOUS_ADDRESSES, managedRules } from './firewall.ts';
import { loadBalancers, monitors, pools } from './load-balancer.ts';
import { RATE_LIMITS } from './rate-limits.ts';
import { redirects } from './redirects.ts';
import { BOT_MANAGEMENT, SETTINGS } from './settings.ts';
import { SITE, type Site } from './site.ts';

/** All that the zone of this site is to be. */
export function zoneOf(site: Site): DesiredZone {
  return {
    name: site.zone,
    settings: SETTINGS,
    botManagement: BOT_MANAGEMENT,
    records: [
      {
        type: 'A',
        name: site.zone,
        content: site.websiteAddress,
        proxied: true,
        ttl: 1,
        comment: `${OWNER_MARK} website`,
      },
      {
        type: 'CNAME',
        name: `www.${site.zone}`,
        content: site.zone,
        proxied: true,
        ttl: 1,
        comment: `${OWNER_MARK} redirected to the website`,
      },
    ],
    // Custom domains of the Worker, that of the bucket, and the load balancer.
    hostsElsewhere: [...site.gatewayHosts, site.cdnHost, site.mainApiHost],
    hostsByHand: [...site.upstreamHosts, ...site.mainApiServers],
    bucketDomains: [{ bucket: site.cdnBucket, domain: site.cdnHost, enabled: true, minTLS: '1.2' }],
    lists: [
      {
        kind: 'ip',
        name: MALICIOUS_ADDRESSES,
        description: `${OWNER_MARK} addresses that are blocked; items are kept by hand`,
      },
    ],
    monitors: monitors(site),
    pools: pools(site),
    loadBalancers: loadBalancers(site),
    rulesets: {
      http_request_dynamic_redirect: redirects(site),
      http_config_settings: configurationRules(site),
      http_request_cache_settings: cacheRules(site),
      http_request_firewall_custom: firewallRules(site),
      http_ratelimit: RATE_LIMITS,
      http_request_firewall_managed: managedRules(site),
    },
  };
}

export const DESIRED_ZONE: DesiredZone = zoneOf(SITE);
