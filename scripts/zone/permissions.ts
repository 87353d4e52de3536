import type { ZonePhase } from '../../zone/desired-zone.ts';

/** A right that a token of the platform's API may have. */
export interface Permission {
  /** As the dashboard calls it, such as `DNS: Edit`. */
  name: string;
  of: 'account' | 'zone';
}

/** Such as `DNS: Edit, of the zone`. */
export const permissionText = (...permissions: readonly Permission[]): string =>
  permissions.map(({ name, of }) => `${name}, of the ${of}`).join('; and ');

export const READ_ZONE: Permission = { name: 'Zone: Read', of: 'zone' };

export const READ_AUDIT_LOG: Permission = { name: 'Account Settings: Read', of: 'account' };

export const PHASE_PERMISSIONS: Readonly<Record<ZonePhase, Permission>> = {
  http_config_settings: { name: 'Config Rules: Edit', of: 'zone' },
  http_ratelimit: { name: 'Zone WAF: Edit', of: 'zone' },
  http_request_cache_settings: { name: 'Cache Rules: Edit', of: 'zone' },
  http_request_dynamic_redirect: { name: 'Single Redirect: Edit', of: 'zone' },
  http_request_firewall_custom: { name: 'Zone WAF: Edit', of: 'zone' },
  http_request_firewall_managed: { name: 'Zone WAF: Edit', of: 'zone' },
};
