/**
 * The rulesets of the zone's phases. A PUT of an entry point replaces all rules and makes a new version; a rule keeps its id only
 * where it is sent with it (developers.cloudflare.com/ruleset-engine). What a plan lacks is refused in the platform's words.
 */
import { isDeepStrictEqual } from 'node:util';
import { type Described, newId, now } from './described-items.ts';
import { ApiError, type Resource } from './resource.ts';
import type { Ruleset, Zone } from './zone.ts';
import { checkEntitled, type SentRule } from './zone-entitlements.ts';

const ENTRY_POINT = '/zones/:zoneId/rulesets/phases/:phase/entrypoint';

const NO_ENTRY_POINT = 10_003;
const UNKNOWN_PHASE = 10_014;
const INVALID_RULE = 20_127;
const DUPLICATE_REF = 20_137;

const PHASES = [
  'http_config_settings',
  'http_ratelimit',
  'http_request_cache_settings',
  'http_request_dynamic_redirect',
  'http_request_firewall_custom',
  'http_request_firewall_managed',
  'http_request_origin',
  'http_request_transform',
];

function checkPhase(phase: string): void {
  if (!PHASES.includes(phase)) throw new ApiError(400, UNKNOWN_PHASE, `unknown phase "${phase}"`);
}

function checkRules(rules: readonly SentRule[], { lists }: Zone): void {
  const refs = rules.flatMap(({ ref }) => ref ?? []);
  if (new Set(refs).size < refs.length) throw new ApiError(400, DUPLICATE_REF, 'rule refs must be unique');
  for (const { action, expression = '' } of rules) {
    if (!action || !expression)
      throw new ApiError(400, INVALID_RULE, 'a rule needs an action and an expression');
    for (const [, name] of expression.matchAll(/\$(\w+)/g)) {
      if (!lists.some((list) => list.name === name))
        throw new ApiError(
          400,
          INVALID_RULE,
          `'${expression}' is not a valid value for expression because the list $${name} does not exist`,
        );
    }
  }
}

/** As the platform keeps them: a rule that is the same keeps its version, and defaults are filled in. */
function kept(rules: readonly SentRule[], before: Ruleset | undefined) {
  return rules.map(({ version: _version, last_updated: _last_updated, ...sent }) => {
    const known = before?.rules.find(({ id }) => id === sent.id);
    if (sent.id !== undefined && known === undefined)
      throw new ApiError(404, NO_ENTRY_POINT, `could not find rule with ID ${sent.id}`);
    const id = sent.id ?? newId();
    const ratelimit =
      sent.ratelimit === undefined ? {} : { ratelimit: { requests_to_origin: false, ...sent.ratelimit } };
    const executed =
      sent.action === 'execute'
        ? { action_parameters: { version: 'latest', ...sent.action_parameters } }
        : {};
    const rule = { enabled: true, description: '', ref: id, ...sent, ...ratelimit, ...executed, id };
    const { version: _v, last_updated: _l, ...beforehand } = known ?? ({} as Partial<Described>);
    const isSame = isDeepStrictEqual(beforehand, rule);
    const version = isSame ? known?.version : String(Number(known?.version ?? 0) + 1);
    return { ...rule, version, last_updated: isSame ? known?.last_updated : now() };
  });
}

export const zoneRulesets: Resource = [
  {
    method: 'GET',
    path: ENTRY_POINT,
    handle(request, { zone: { rulesets } }) {
      const phase = request.param('phase');
      checkPhase(phase);
      const ruleset = rulesets.get(phase);
      if (ruleset === undefined)
        throw new ApiError(404, NO_ENTRY_POINT, `could not find entrypoint ruleset in the ${phase} phase`);
      return described(phase, ruleset);
    },
  },
  {
    method: 'PUT',
    path: ENTRY_POINT,
    handle(request, { zone }) {
      const phase = request.param('phase');
      checkPhase(phase);
      const sent = request.json<{ name?: string; description?: string; rules?: SentRule[] }>();
      const rules = sent.rules ?? [];
      checkRules(rules, zone);
      checkEntitled(phase, rules, zone);
      const before = zone.rulesets.get(phase);
      const ruleset: Ruleset = {
        id: before?.id ?? newId(),
        name: sent.name ?? before?.name ?? 'default',
        description: sent.description ?? before?.description ?? '',
        version: String(Number(before?.version ?? 0) + 1),
        last_updated: now(),
        rules: kept(rules, before),
      };
      zone.rulesets.set(phase, ruleset);
      return described(phase, ruleset);
    },
  },
];

/** A ruleset without rules is given without them. */
const described = (phase: string, { rules, ...ruleset }: Ruleset) => ({
  ...ruleset,
  kind: 'zone',
  phase,
  ...(rules.length === 0 ? {} : { rules }),
});
