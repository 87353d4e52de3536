/** Settings of the zone: each zone has all, with the platform's defaults; the plan decides which can be changed. */

import { now } from './described-items.ts';
import { ApiError, type ApiRequest, type Resource } from './resource.ts';
import type { PlatformState } from './state.ts';
import type { Zone } from './zone.ts';

const NOT_ALLOWED = 1015;
const UNKNOWN_SETTING = 1003;

const DEFAULTS: Readonly<Record<string, unknown>> = {
  ssl: 'full',
  always_use_https: 'off',
  min_tls_version: '1.0',
  tls_1_3: 'on',
  http3: 'on',
  early_hints: 'off',
  browser_cache_ttl: 14_400,
  cache_level: 'aggressive',
  security_level: 'medium',
  websockets: 'on',
  polish: 'off',
  security_header: {
    strict_transport_security: {
      enabled: false,
      max_age: 0,
      include_subdomains: false,
      preload: false,
      nosniff: false,
    },
  },
};

const OF_PAID_PLANS = new Set(['polish']);

function described({ plan, settings }: Zone, id: string) {
  if (!(id in DEFAULTS)) throw new ApiError(400, UNKNOWN_SETTING, `Undefined zone setting: ${id}`);
  const { value, modified_on } = settings.get(id) ?? { value: DEFAULTS[id], modified_on: null };
  return { id, value, modified_on, editable: plan !== 'free' || !OF_PAID_PLANS.has(id) };
}

const settingOf = (request: ApiRequest, { zone }: PlatformState) => described(zone, request.param('setting'));

const BOT_DEFAULTS = { enable_js: true, using_latest_model: true, ai_bots_protection: 'disabled' };

export const zoneSettings: Resource = [
  {
    method: 'GET',
    path: '/zones/:zoneId/bot_management',
    handle: (_request, { zone: { botSettings } }) => ({ ...BOT_DEFAULTS, ...botSettings }),
  },
  {
    method: 'PUT',
    path: '/zones/:zoneId/bot_management',
    handle: (request, { zone: { botSettings } }) => ({
      ...BOT_DEFAULTS,
      ...Object.assign(botSettings, request.json<object>()),
    }),
  },
  { method: 'GET', path: '/zones/:zoneId/settings/:setting', handle: settingOf },
  {
    method: 'PATCH',
    path: '/zones/:zoneId/settings/:setting',
    handle(request, state) {
      const { id, editable } = settingOf(request, state);
      if (!editable) throw new ApiError(400, NOT_ALLOWED, `Not allowed to edit setting for ${id}`);
      const { value } = request.json<{ value: unknown }>();
      state.zone.settings.set(id, { value, modified_on: now() });
      return described(state.zone, id);
    },
  },
];
