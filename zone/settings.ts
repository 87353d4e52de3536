import type { DesiredBotManagement, ZoneSetting } from './desired-zone.ts';

const HOUR_SECONDS = 3_600;

/** A year, the most that the zone's setting offers. */
const HSTS_SECONDS = 31_536_000;

export const SETTINGS: readonly ZoneSetting[] = [
  { id: 'ssl', value: 'strict' },
  { id: 'always_use_https', value: 'on' },
  { id: 'min_tls_version', value: '1.2' },
  // TLS 1.3 without 0-RTT (`zrt`), whose requests somebody may send again.
  { id: 'tls_1_3', value: 'on' },
  {
    id: 'security_header',
    value: {
      strict_transport_security: {
        enabled: true,
        max_age: HSTS_SECONDS,
        include_subdomains: true,
        nosniff: true,
        // A preload list keeps a domain for months after it has left.
        preload: false,
      },
    },
  },
  { id: 'http3', value: 'on' },
  { id: 'early_hints', value: 'on' },
  { id: 'websockets', value: 'on' },
  { id: 'security_level', value: 'medium' },
  { id: 'cache_level', value: 'aggressive' },
  { id: 'browser_cache_ttl', value: 4 * HOUR_SECONDS },
];

/** For WAF rule 2 below Bot Management. Exactly one applies to each subscription. */
export const BOT_MANAGEMENT: readonly DesiredBotManagement[] = [
  // No rule can keep Bot Fight Mode off the API (developers.cloudflare.com/waf/custom-rules/skip/options).
  { fight_mode: false, standsInFor: { plan: 'pro' } },
  {
    sbfm_definitely_automated: 'block',
    sbfm_verified_bots: 'allow',
    sbfm_static_resource_protection: false,
    needs: { plan: 'pro' },
    standsInFor: { plan: 'enterprise', addOn: 'bot_management' },
  },
];
