/** The rules that a plan allows, with the platform's own words where it does not. */
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

type Plan = Zone['plan'];

/** Rules of a phase, by plan (developers.cloudflare.com/waf and /rules, "Availability"). */
const MOST_RULES: Readonly<Record<string, Readonly<Record<Plan, number>>>> = {
  http_request_firewall_custom: { free: 5, pro: 20, business: 100, enterprise: 1000 },
  http_ratelimit: { free: 1, pro: 2, business: 5, enterprise: 100 },
  http_request_firewall_managed: { free: 0, pro: 1000, business: 1000, enterprise: 1000 },
  http_request_dynamic_redirect: { free: 10, pro: 25, business: 50, enterprise: 300 },
};
const MOST_OTHER_RULES: Readonly<Record<Plan, number>> = { free: 10, pro: 25, business: 50, enterprise: 300 };

const PERIODS: Readonly<Record<Plan, readonly number[]>> = {
  free: [10],
  pro: [10, 60],
  business: [10, 60, 120, 300, 600],
  enterprise: [10, 60, 120, 300, 600, 3600],
};

/** @throws ApiError 400 */
export function checkEntitled(phase: string, rules: readonly SentRule[], zone: Zone): void {
  const most = (MOST_RULES[phase] ?? MOST_OTHER_RULES)[zone.plan];
  if (rules.length > most) {
    const words = `exceeded the maximum number of rules in the phase ${phase}: ${rules.length} out of ${most}`;
    throw new ApiError(400, TOO_MANY_RULES, words);
  }
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

function checkRateLimit({ expression = '', ratelimit = {} }: SentRule, { plan }: Zone): void {
  const { characteristics = [], period = 0, mitigation_timeout } = ratelimit;
  const periods = PERIODS[plan];
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
