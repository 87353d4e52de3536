/** The rules that a plan allows, with words as the platform's where it does not. */
import type { ZonePhase } from '../../../zone/desired-zone.ts';
import { ApiError } from './resource.ts';
import type { Zone } from './zone.ts';

export interface SentRule extends Record<string, unknown> {
  id?: string;
  ref?: string;
  action?: string;
  expression?: string;
  action_parameters?: Record<string, unknown>;
  ratelimit?: { characteristics?: string[]; period?: number; mitigation_timeout?: number };
}

const TOO_MANY_RULES = 50_001;
const NOT_ENTITLED = 20_120;
const EXPRESSION_NOT_ENTITLED = 20_127;
const NO_COLO = 20_155;

/** The one managed ruleset of every plan (/waf/managed-rules, "Available managed rulesets"). */
const FREE_MANAGED_RULESET = '77454fe2d30c4220b5701f6fdfb893ba';

type Plan = Zone['plan'];

const OF_RULES: Readonly<Record<Plan, number>> = { free: 10, pro: 25, business: 50, enterprise: 300 };

/**
 * The most rules that a phase may have (developers.cloudflare.com: /waf/custom-rules, /waf/rate-limiting-rules, /cache/how-to/cache-rules,
 * /rules/configuration-rules, /rules/url-forwarding/single-redirects, each under "Availability"). An Enterprise contract has at least 5
 * rate limits. No number is published for managed rulesets: a zone deploys each one once (/waf/managed-rules, "Zone-level deployment").
 */
export const MOST_RULES: Readonly<
  Record<Exclude<ZonePhase, 'http_request_firewall_managed'>, Readonly<Record<Plan, number>>>
> = {
  http_request_firewall_custom: { free: 5, pro: 20, business: 100, enterprise: 1000 },
  http_ratelimit: { free: 1, pro: 2, business: 5, enterprise: 5 },
  http_request_cache_settings: OF_RULES,
  http_config_settings: OF_RULES,
  http_request_dynamic_redirect: OF_RULES,
};

/** Seconds; /waf/rate-limiting-rules, "Availability". */
const PERIODS = [
  10, 15, 20, 30, 40, 45, 60, 90, 120, 180, 240, 300, 480, 600, 900, 1200, 1800, 2400, 3600, 65_535,
];
const LONGEST_PERIOD: Readonly<Record<Plan, number>> = {
  free: 10,
  pro: 60,
  business: 600,
  enterprise: 65_535,
};

/** @throws ApiError 400 */
export function checkEntitled(phase: string, rules: readonly SentRule[], zone: Zone): void {
  const most = phase in MOST_RULES ? MOST_RULES[phase as keyof typeof MOST_RULES][zone.plan] : Infinity;
  if (rules.length > most) {
    const words = `exceeded the maximum number of rules in the phase ${phase}: ${rules.length} out of ${most}`;
    throw new ApiError(400, TOO_MANY_RULES, words);
  }
  if (phase === 'http_request_firewall_managed') checkManaged(rules, zone);
  for (const rule of rules) {
    checkExpression(rule, zone);
    if (phase === 'http_ratelimit') checkRateLimit(rule, zone);
    if (rule.action_parameters?.polish && zone.plan === 'free')
      throw new ApiError(400, NOT_ENTITLED, 'not entitled to use the setting polish');
  }
}

function checkExpression({ expression = '' }: SentRule, { plan, addOns }: Zone): void {
  const refuse = (words: string) =>
    new ApiError(400, EXPRESSION_NOT_ENTITLED, `not entitled: the use of ${words}`);
  if (/ (matches|~) /.test(expression) && (plan === 'free' || plan === 'pro'))
    throw refuse('operator Matches is not allowed, a Business plan or a WAF Advanced plan is required');
  if (expression.includes('cf.bot_management.') && !addOns.has('bot_management'))
    throw refuse('field cf.bot_management.score is not allowed, a Bot Management plan is required');
  if (expression.includes('http.request.body.') && plan !== 'enterprise')
    throw refuse('field http.request.body.raw is not allowed, an Enterprise plan is required');
}

function checkManaged(rules: readonly SentRule[], { plan }: Zone): void {
  const ids = rules.filter(({ action }) => action === 'execute').map((rule) => rule.action_parameters?.id);
  if (new Set(ids).size < ids.length)
    throw new ApiError(400, TOO_MANY_RULES, 'a zone executes each managed ruleset once');
  if (plan === 'free' && ids.some((id) => id !== FREE_MANAGED_RULESET))
    throw new ApiError(400, NOT_ENTITLED, 'not entitled to execute this managed ruleset');
}

function checkRateLimit({ expression = '', ratelimit = {} }: SentRule, { plan }: Zone): void {
  const { characteristics = [], period = 0, mitigation_timeout } = ratelimit;
  const periods = PERIODS.filter((seconds) => seconds <= LONGEST_PERIOD[plan]);
  if (!characteristics.includes('cf.colo.id'))
    throw new ApiError(
      400,
      NO_COLO,
      "characteristics field is missing 'cf.colo.id', this is required as ratelimiting counting is processed at colocation level only",
    );
  if (!periods.includes(period))
    throw new ApiError(
      400,
      NOT_ENTITLED,
      `not entitled to use the period ${period}, can only use a period among [${periods.join(' ')}]`,
    );
  if (plan === 'free' && mitigation_timeout !== 10)
    throw new ApiError(400, NOT_ENTITLED, 'not entitled to use a mitigation timeout different from 10');
  const field = /ip\.src(?!\.)|http\.request\.headers[\w.]*/.exec(expression)?.[0];
  if (plan === 'free' && field !== undefined)
    throw new ApiError(
      400,
      EXPRESSION_NOT_ENTITLED,
      `not entitled: the use of field ${field} is not allowed, an higher Advanced Rate Limiting plan is required`,
    );
}
