import type {
  BotFightModeConfigurationParam,
  SuperBotFightModeDefinitelyConfigurationParam,
} from 'cloudflare/resources/bot-management/bot-management';
import type {
  LoadBalancerCreateParams,
  OriginParam,
} from 'cloudflare/resources/load-balancers/load-balancers';
import type { MonitorCreateParams } from 'cloudflare/resources/load-balancers/monitors/monitors';
import type { PoolCreateParams } from 'cloudflare/resources/load-balancers/pools/pools';
import type { CustomCreateParams } from 'cloudflare/resources/r2/buckets/domains/custom';
import type { ListCreateParams } from 'cloudflare/resources/rules/lists/lists';
import type {
  BlockRuleParam,
  ExecuteRuleParam,
  ManagedChallengeRuleParam,
  RedirectRuleParam,
  SetCacheSettingsRuleParam,
  SetConfigRuleParam,
  SkipRuleParam,
} from 'cloudflare/resources/rulesets/rules';
import type { Phase } from 'cloudflare/resources/rulesets/rulesets';
import type {
  AlwaysUseHTTPSParam,
  BrowserCacheTTLParam,
  CacheLevelParam,
  EarlyHints,
  HTTP3,
  MinTLSVersion,
  SecurityHeaders,
  SecurityLevelParam,
  SSLParam,
  TLS1_3,
  Websocket,
} from 'cloudflare/resources/zones/settings';
import type { PagesExpression } from './expressions.ts';
import type { Availability } from './plans.ts';

/** A setting that is named, with its value, without what the platform adds when it answers. */
type Setting<Described extends { id?: string; value?: unknown }> = {
  id: NonNullable<Described['id']>;
  value: NonNullable<Described['value']>;
};

export type ZoneSetting = Availability &
  (
    | Setting<AlwaysUseHTTPSParam>
    | Setting<BrowserCacheTTLParam>
    | Setting<CacheLevelParam>
    | Setting<EarlyHints>
    | Setting<HTTP3>
    | Setting<MinTLSVersion>
    | Setting<SecurityHeaders>
    | Setting<SecurityLevelParam>
    | Setting<SSLParam>
    | Setting<TLS1_3>
    | Setting<Websocket>
  );

/** Bots, by one call for the zone. Only the fields that are named are ours. */
export type DesiredBotManagement = Availability &
  (
    | Required<Pick<BotFightModeConfigurationParam, 'fight_mode'>>
    | Required<
        Pick<
          SuperBotFightModeDefinitelyConfigurationParam,
          'sbfm_definitely_automated' | 'sbfm_verified_bots' | 'sbfm_static_resource_protection'
        >
      >
  );

/** A record that zone/ owns: `comment` begins with `OWNER_MARK`. Names are complete, with the zone's name. */
export interface DesiredRecord extends Availability {
  type: 'A' | 'AAAA' | 'CNAME';
  name: string;
  content: string;
  proxied: boolean;
  /** Seconds; 1 is automatic, the only value of a proxied record. */
  ttl: number;
  comment: string;
}

export type DesiredBucketDomain = Availability &
  Required<Pick<CustomCreateParams, 'domain' | 'enabled' | 'minTLS'>> & { bucket: string };

/** Its items are kept by hand: an apply never changes them. */
export type DesiredList = Availability & Required<Pick<ListCreateParams, 'kind' | 'name' | 'description'>>;

/** `description` begins with `OWNER_MARK` and is unique among monitors, which have no name. */
export type DesiredMonitor = Availability &
  Omit<MonitorCreateParams, 'account_id' | 'description'> & { description: string };

/** `monitor` is the description of a `DesiredMonitor`; its id is only known when it was created. */
export type DesiredPool = Availability &
  Omit<PoolCreateParams, 'account_id' | 'description' | 'monitor' | 'monitor_group' | 'origins'> & {
    description: string;
    monitor: string;
    origins: (OriginParam & { name: string })[];
  };

/** `default_pools` and `fallback_pool` are names of `DesiredPool`s; their ids are only known when they were created. */
export type DesiredLoadBalancer = Availability &
  Pick<
    LoadBalancerCreateParams,
    'name' | 'default_pools' | 'fallback_pool' | 'proxied' | 'steering_policy'
  > & {
    description: string;
  };

/** A rule as the API takes it, without what only the API knows. */
type RuleOf<
  Param extends { action?: string; action_parameters?: unknown; ref?: string },
  Present extends keyof Param,
> = Omit<Param, 'id' | Present> & { [Key in Present]-?: NonNullable<Param[Key]> } & Availability;

type Always = 'action' | 'description' | 'expression' | 'ref';
type WithoutLimit<Rule> = Omit<Rule, 'ratelimit'>;

type OnPages<Rule> = Omit<Rule, 'expression'> & { expression: PagesExpression };

type BlockRule = WithoutLimit<RuleOf<BlockRuleParam, Always>>;
type SkipRule = WithoutLimit<RuleOf<SkipRuleParam, Always | 'action_parameters'>>;
/** An app cannot solve a challenge, so only an expression of `pages` fits. */
type ChallengeRule = OnPages<WithoutLimit<RuleOf<ManagedChallengeRuleParam, Always>>>;
/** The action of a managed rule is Cloudflare's, and may be a challenge. */
type ManagedRulesetRule = OnPages<WithoutLimit<RuleOf<ExecuteRuleParam, Always | 'action_parameters'>>>;

/** The rules that each phase takes. A phase that is not here is not ours: its rules are left alone. */
export interface PhaseRules {
  http_config_settings: WithoutLimit<RuleOf<SetConfigRuleParam, Always | 'action_parameters'>>;
  http_ratelimit: RuleOf<BlockRuleParam, Always | 'ratelimit'>;
  http_request_cache_settings: WithoutLimit<RuleOf<SetCacheSettingsRuleParam, Always | 'action_parameters'>>;
  http_request_dynamic_redirect: WithoutLimit<RuleOf<RedirectRuleParam, Always | 'action_parameters'>>;
  http_request_firewall_custom: BlockRule | ChallengeRule | SkipRule;
  http_request_firewall_managed: ManagedRulesetRule;
}

export type ZonePhase = keyof PhaseRules & Phase;

/** In the order in which they are applied, and rules of a phase in the order in which they run. */
export type DesiredRulesets = { [Name in ZonePhase]: readonly PhaseRules[Name][] };

/** All that the zone is to be. `needs` and `standsInFor` are ours alone and are never sent. */
export interface DesiredZone {
  name: string;
  settings: readonly ZoneSetting[];
  /** At most one is left for a subscription. */
  botManagement: readonly DesiredBotManagement[];
  records: readonly DesiredRecord[];
  /** Another part of the platform makes and removes their records, so that those are neither ours nor somebody's by hand. */
  hostsElsewhere: readonly string[];
  /** Their records are made by hand, and no option removes them: the gateway asks these hosts. */
  hostsByHand: readonly string[];
  bucketDomains: readonly DesiredBucketDomain[];
  lists: readonly DesiredList[];
  monitors: readonly DesiredMonitor[];
  pools: readonly DesiredPool[];
  loadBalancers: readonly DesiredLoadBalancer[];
  rulesets: DesiredRulesets;
}

/** Begins the comment or description of each item that zone/ owns. */
export const OWNER_MARK = 'com2000 zone:';

/** Begins the `ref` of each rule that zone/ owns. */
export const REF_PREFIX = 'com2000_';
