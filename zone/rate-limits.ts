/**
 * The platform's WAF rules 1 and 5, by address and location, as the platform counts. Their action is to block: an app cannot solve a
 * challenge. Counts, periods and numbers of rules are those that each plan allows
 * (developers.cloudflare.com/waf/rate-limiting-rules/#availability). `requests_to_origin` stays off: with it, the platform counts the
 * Worker's own requests to hosts of the zone too (the same pages, "Troubleshooting").
 */
import type { PhaseRules } from './desired-zone.ts';
import { pathStartsWith } from './expressions.ts';

type RateLimit = PhaseRules['http_ratelimit'];

/** The API demands the location; an address is the only other characteristic below Enterprise. */
const BY_ADDRESS = ['cf.colo.id', 'ip.src'];

const FLOODED_PATHS = ['/admin', '/api', '/files', '/graphql'];

/** The flood comes first: it counts what the narrower rule would block before it is counted. */
export const RATE_LIMITS: readonly RateLimit[] = [
  {
    ref: 'com2000_rate_5_flood',
    description: 'WAF 5: more than 1,000 requests in 60 s: blocked for 300 s',
    expression: pathStartsWith(FLOODED_PATHS),
    action: 'block',
    ratelimit: {
      characteristics: BY_ADDRESS,
      period: 60,
      requests_per_period: 1_000,
      mitigation_timeout: 300,
    },
    needs: { plan: 'pro' },
  },
  {
    ref: 'com2000_rate_1_api',
    description: 'WAF 1: more than 100 requests to /api in 60 s: blocked for 60 s',
    expression: pathStartsWith(['/api/']),
    action: 'block',
    ratelimit: { characteristics: BY_ADDRESS, period: 60, requests_per_period: 100, mitigation_timeout: 60 },
    needs: { plan: 'pro' },
  },
  {
    ref: 'com2000_rate_5_flood_free',
    description: 'WAF 5 on the plan Free: one rule, and 10 s at most',
    expression: pathStartsWith(FLOODED_PATHS),
    action: 'block',
    ratelimit: { characteristics: BY_ADDRESS, period: 10, requests_per_period: 170, mitigation_timeout: 10 },
    standsInFor: { plan: 'pro' },
  },
];
