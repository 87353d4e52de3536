/** The zone, and all that it keeps. Tests change the lists as people do by hand, in the dashboard. */
import type { Described } from './described-items.ts';
import type { Resource } from './resource.ts';

export interface Ruleset {
  id: string;
  version: string;
  name: string;
  description: string;
  last_updated: string;
  rules: Described[];
}

export class Zone {
  plan: 'free' | 'pro' | 'business' | 'enterprise' = 'free';
  readonly addOns = new Set<'bot_management' | 'load_balancing'>();
  readonly settings = new Map<string, { value: unknown; modified_on: string | null }>();
  readonly botSettings: Record<string, unknown> = {};
  readonly records: Described[] = [];
  readonly rulesets = new Map<string, Ruleset>();
  readonly lists: Described[] = [];
  readonly monitors: Described[] = [];
  readonly pools: Described[] = [];
  readonly balancers: Described[] = [];
  readonly bucketDomains: Record<string, unknown>[] = [];
  readonly auditLog: Record<string, unknown>[] = [];
}

const LEGACY_NAMES = {
  free: 'Free Website',
  pro: 'Pro Website',
  business: 'Business Website',
  enterprise: 'Enterprise Website',
};

export const zone: Resource = [
  {
    method: 'GET',
    path: '/zones/:zoneId',
    handle: (_request, { zoneId, zoneName, accountId, zone: { plan } }) => ({
      id: zoneId,
      name: zoneName,
      status: 'active',
      account: { id: accountId, name: 'Simulated account' },
      plan: { id: '0'.repeat(32), name: LEGACY_NAMES[plan], legacy_id: plan, is_subscribed: true },
    }),
  },
  {
    method: 'GET',
    path: '/accounts/:accountId/logs/audit',
    handle: (_request, { zone: { auditLog } }) => auditLog,
  },
];
