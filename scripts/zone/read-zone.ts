/** Reads the zone as it is. */
import { z } from 'zod';
import type { DesiredZone, ZonePhase } from '../../zone/desired-zone.ts';
import { KINDS, type Kind } from '../../zone/item-kinds.ts';
import { PLANS, type Plan } from '../../zone/plans.ts';
import { refusal } from '../operations/command-failure.ts';
import { askPlatform, platformErrorCode } from '../platform/platform-client.ts';
import { KIND_ACCESS } from './kinds.ts';
import { PHASE_PERMISSIONS, permissionText, READ_ZONE } from './permissions.ts';
import { translateReferences } from './references.ts';
import type { ZoneClient } from './zone-client.ts';
import {
  type DesiredState,
  type FoundItem,
  type FoundPhase,
  type FoundZone,
  isAddress,
} from './zone-items.ts';

/** The platform's code for a phase that never had a rule. */
const NO_ENTRY_POINT = 10_003;

/** The SDK types answers about rulesets as unknown. A ruleset without rules has no `rules`. */
const rulesetAnswer = z.looseObject({
  id: z.string(),
  version: z.string(),
  name: z.string().optional(),
  description: z.string().optional(),
  rules: z
    .array(z.looseObject({ id: z.string(), ref: z.string().optional(), last_updated: z.string().optional() }))
    .default([]),
});

/** @throws CommandFailure where the zone is not the one of zone/site.ts, or its plan is none that we know. */
export async function readPlan({ client, zoneId: zone_id }: ZoneClient, zoneName: string): Promise<Plan> {
  const zone = await askPlatform(
    'The zone cannot be read',
    async () => client.zones.get({ zone_id }),
    permissionText(READ_ZONE),
  );
  if (zone.name !== zoneName) {
    throw refusal(
      'OTHER_ZONE',
      `CLOUDFLARE_ZONE_ID is the zone ${zone.name}, and zone/site.ts is about ${zoneName}: nothing is compared.`,
    );
  }
  const plan = PLANS.find((name) => name === zone.plan.legacy_id);
  if (plan === undefined) {
    throw refusal(
      'UNKNOWN_PLAN',
      `The plan of ${zone.name} is ${zone.plan.legacy_id}, not one of ${PLANS.join(', ')}`,
    );
  }
  return plan;
}

/** @param hosts names the hosts whose records others make, and those whose records stay by hand. */
export async function readZone(
  api: ZoneClient,
  desired: DesiredState,
  hosts: Pick<DesiredZone, 'hostsElsewhere' | 'hostsByHand'>,
  kinds: readonly Kind[] = KINDS,
): Promise<FoundZone> {
  const elsewhere = new Set(hosts.hostsElsewhere);
  const byHand = new Set(hosts.hostsByHand);
  const items = await Promise.all(kinds.map((kind) => readKind(api, desired, kind)));
  const phases = await Promise.all(desired.phases.map(({ phase }) => readPhase(api, phase)));
  return {
    items: withNames(items.flat())
      .filter((item) => !isAddressOf(item, elsewhere))
      .map((item) => (staysByHand(item, byHand) ? { ...item, staysByHand: true } : item)),
    phases,
  };
}

async function readKind(api: ZoneClient, { items }: DesiredState, kind: Kind): Promise<FoundItem[]> {
  const { permissions, isOfAccount, list } = KIND_ACCESS[kind];
  const desired = items.filter((item) => item.kind === kind);
  const found = await askPlatform(
    `${kind}s cannot be read`,
    () => list(api, desired),
    permissionText(...permissions),
  );
  if (!isOfAccount) return found;
  const keys = new Set(desired.map(({ key }) => key));
  return found.filter(({ isOurs, key }) => isOurs || keys.has(key));
}

export async function readPhase(
  { client, zoneId: zone_id }: ZoneClient,
  phase: ZonePhase,
): Promise<FoundPhase> {
  const entryPoint = async () =>
    client.rulesets.phases.get(phase, { zone_id }).catch((error) => {
      if (platformErrorCode(error) === NO_ENTRY_POINT) return null;
      throw error;
    });
  const answer = await askPlatform(
    `Rules of ${phase} cannot be read`,
    entryPoint,
    permissionText(PHASE_PERMISSIONS[phase]),
  );
  return answer === null ? { phase, ruleset: null, rules: [] } : phaseOf(phase, answer);
}

/** @throws CommandFailure where the answer is none about a ruleset. */
export function phaseOf(phase: ZonePhase, answer: unknown): FoundPhase {
  const { success, data, error } = rulesetAnswer.safeParse(answer);
  if (!success) {
    const reason = `Rules of ${phase}: the API's answer has another shape than it is known to have: ${z.prettifyError(error)}`;
    throw refusal('UNKNOWN_ANSWER', reason);
  }
  const { id, version, name, description, rules } = data;
  return { phase, ruleset: { id, version, name, description }, rules };
}

function withNames(items: readonly FoundItem[]): FoundItem[] {
  const names = new Map(items.map(({ kind, id, key }) => [`${kind} ${id}`, key]));
  return items.map((item) => ({
    ...item,
    fields: translateReferences(item.kind, item.fields, (kind, id) => names.get(`${kind} ${id}`)),
  }));
}

const isAddressOf = (item: FoundItem, hosts: ReadonlySet<string>) =>
  isAddress(item) && hosts.has(String(item.fields.name));

/** RFC 8552: keys of mail and proofs of ownership, which may be CNAMEs. */
const UNDERSCORED = /(^|\.)_/;

/** Records of mail, of certificates and of name servers are not in zone/, and are no leftovers. */
const staysByHand = (item: FoundItem, hosts: ReadonlySet<string>) =>
  item.kind === 'DNS record' &&
  !item.isOurs &&
  (!isAddress(item) || isAddressOf(item, hosts) || UNDERSCORED.test(String(item.fields.name)));
