/**
 * The names that an operator chooses, in one place. `com2000.example` stands for the platform's domain, as in wrangler.toml, whose
 * custom domains and addresses of upstreams name the same hosts (a test compares them). One zone serves both environments: zones of subdomains
 * need the plan Enterprise (developers.cloudflare.com/dns/zone-setups/subdomain-setup).
 */
export interface Site {
  zone: string;
  /** Hosts of the gateway, of both environments. wrangler makes their records as custom domains of the Worker. */
  gatewayHosts: readonly string[];
  /** Hosts of this zone that the gateway itself asks, in both environments: the APIs, and the origins of files. */
  upstreamHosts: readonly string[];
  /** The one of them that the load balancer answers for. */
  mainApiHost: string;
  /** Names or addresses of the upstream API's servers. Each answers /health over HTTPS; its own record is made by hand. */
  mainApiServers: readonly string[];
  /** Host of the static files, and the public bucket behind it. */
  cdnHost: string;
  cdnBucket: string;
  /** IPv4 address of the website's server, which `@` names. */
  websiteAddress: string;
}

export const SITE: Site = {
  zone: 'com2000.example',
  gatewayHosts: [
    'api.com2000.example',
    'ws.com2000.example',
    'api.staging.com2000.example',
    'ws.staging.com2000.example',
  ],
  upstreamHosts: [
    'main-api.com2000.example',
    'price-api.com2000.example',
    'assets.com2000.example',
    'main-api.staging.com2000.example',
    'price-api.staging.com2000.example',
    'assets.staging.com2000.example',
  ],
  mainApiHost: 'main-api.com2000.example',
  mainApiServers: ['api1.internal.com2000.example', 'api2.internal.com2000.example'],
  cdnHost: 'cdn.com2000.example',
  cdnBucket: 'com2000-cdn-production',
  // An address of a range for documentation (RFC 5737): nothing answers there.
  websiteAddress: '192.0.2.1',
};
