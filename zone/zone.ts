import { CACHE_RULES, CONFIGURATION_RULES } from './cache.ts';
import { type DesiredZone, OWNER_MARK } from './desired-zone.ts';
import { SITE, type Site } from './site.ts';

/** All that the zone of this site is to be. */
export function zoneOf(site: Site): DesiredZone {
  const loadBalancing = { addOn: 'load_balancing' } as const;
  return {
    name: site.zone,
    settings: [
      { id: 'ssl', value: 'strict' },
      { id: 'always_use_https', value: 'on' },
      { id: 'min_tls_version', value: '1.2' },
      { id: 'http3', value: 'on' },
      { id: 'early_hints', value: 'on' },
      { id: 'browser_cache_ttl', value: 14_400 },
    ],
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
    hostsElsewhere: [
      ...site.apiHosts.map((host) => ({ host, madeBy: 'workers custom domain' as const })),
      { host: site.cdnHost, madeBy: 'r2 custom domain' },
      { host: site.mainApiHost, madeBy: 'load balancer' },
    ],
    bucketDomains: [{ bucket: site.cdnBucket, domain: site.cdnHost, enabled: true, minTLS: '1.2' }],
    lists: [
      {
        kind: 'ip',
        name: 'malicious_ips',
        description: `${OWNER_MARK} addresses that are blocked; items are kept by hand`,
      },
    ],
    monitors: [
      {
        description: `${OWNER_MARK} main API`,
        type: 'https',
        path: '/health',
        expected_codes: '200',
        interval: 60,
        timeout: 5,
        retries: 2,
        needs: loadBalancing,
      },
    ],
    pools: [
      {
        name: 'primary-pool',
        description: `${OWNER_MARK} servers of the main API`,
        monitor: `${OWNER_MARK} main API`,
        origins: site.mainApiServers.map((address) => ({
          name: address.split('.')[0] ?? address,
          address,
          enabled: true,
          weight: 1,
        })),
        needs: loadBalancing,
      },
    ],
    loadBalancers: [
      {
        name: site.mainApiHost,
        description: `${OWNER_MARK} com2000-api-lb`,
        default_pools: ['primary-pool'],
        fallback_pool: 'primary-pool',
        proxied: true,
        needs: loadBalancing,
      },
    ],
    rulesets: {
      http_request_dynamic_redirect: [],
      http_config_settings: CONFIGURATION_RULES,
      http_request_cache_settings: CACHE_RULES,
      http_request_firewall_custom: [],
      http_ratelimit: [],
      http_request_firewall_managed: [],
    },
  };
}

export const DESIRED_ZONE: DesiredZone = zoneOf(SITE);
