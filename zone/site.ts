/**
 * The names that an operator chooses, in one place. `com2000.example` stands for the platform's domain, as it does in wrangler.toml,
 * whose PUBLIC_ORIGIN and MAIN_API_URL name the same hosts (a test compares them). The zone serves staging too: a plan below
 * Enterprise has no zones of subdomains.
 */
export interface Site {
  zone: string;
  /** Hosts of the gateway. wrangler makes their records as custom domains of the Worker. */
  apiHosts: readonly string[];
  /** Host of the upstream API, which the load balancer answers for. */
  mainApiHost: string;
  /** Host of the static files, and the public bucket behind it. */
  cdnHost: string;
  cdnBucket: string;
  /** IPv4 address of the website's server, which `@` names. */
  websiteAddress: string;
  /** Servers of the upstream API; each answers /health over HTTPS. */
  mainApiServers: readonly string[];
}

export const SITE: Site = {
  zone: 'com2000.example',
  apiHosts: ['api.com2000.example', 'api.staging.com2000.example'],
  mainApiHost: 'main-api.com2000.example',
  cdnHost: 'cdn.com2000.example',
  cdnBucket: 'com2000-cdn-production',
  // Of the range for documentation (RFC 5737): nothing answers there.
  websiteAddress: '192.0.2.1',
  mainApiServers: ['api1.internal.com2000.example', 'api2.internal.com2000.example'],
};
