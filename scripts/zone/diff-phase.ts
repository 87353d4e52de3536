/** Compares the rules of a phase, and makes the list that is sent: all rules of the phase in one order. */
import type { ZonePhase } from '../../zone/desired-zone.ts';
import { REF_PREFIX } from '../../zone/desired-zone.ts';
import { type Difference, ruleDifferences } from './differences.ts';
import type { DesiredRule, Fields, FoundPhase, FoundRule } from './zone-items.ts';

export type RuleChange =
  | { action: 'add'; rule: DesiredRule }
  | { action: 'change'; rule: DesiredRule; found: FoundRule; differences: readonly Difference[] }
  | { action: 'remove'; found: FoundRule }
  /** The rules of zone/ stand in another order there. */
  | { action: 'order'; before: readonly string[]; now: readonly string[] };

export interface PhaseChange {
  action: 'rules';
  phase: ZonePhase;
  ruleset: FoundPhase['ruleset'];
  /** All rules of the phase. Those that exist keep their ids; those by hand are as they were. */
  rules: readonly Fields[];
  changes: readonly RuleChange[];
}

export interface PhaseDiff {
  /** Null where there is nothing to do. */
  change: PhaseChange | null;
  /** Made by hand, and kept. */
  kept: readonly FoundRule[];
}

export interface DiffOptions {
  /** Removes what was made by hand, too. */
  removeUnknown: boolean;
  /** Items and rules that are neither added, changed nor removed, such as `pool primary-pool` and `rule com2000_a`. */
  leftAlone: ReadonlySet<string>;
}

/** The place of a rule that is there, of one that is desired, or of both. */
interface Slot {
  found: FoundRule | null;
  desired: DesiredRule | null;
}

const isOurs = ({ ref }: FoundRule) => ref?.startsWith(REF_PREFIX) ?? false;

export function diffPhase(
  found: FoundPhase,
  desired: readonly DesiredRule[],
  { removeUnknown, leftAlone }: DiffOptions,
): PhaseDiff {
  const desiredByRef = new Map(desired.map((rule) => [rule.ref, rule]));
  const matched = new Set<string>();
  const removed: FoundRule[] = [];
  const kept: FoundRule[] = [];
  const slots: Slot[] = [];
  for (const rule of found.rules) {
    const match = rule.ref === undefined ? undefined : desiredByRef.get(rule.ref);
    if (match !== undefined && !matched.has(match.ref)) {
      matched.add(match.ref);
      slots.push({ found: rule, desired: match });
    } else if (isOurs(rule) ? leftAlone.has(`rule ${rule.ref}`) : !removeUnknown) {
      if (!isOurs(rule)) kept.push(rule);
      slots.push({ found: rule, desired: null });
    } else removed.push(rule);
  }
  const before = slots.flatMap((slot) => slot.desired?.ref ?? []);
  const now = desired.flatMap(({ ref }) => (matched.has(ref) ? ref : []));
  const isOrdered = before.every((ref, index) => ref === now[index]);
  const placed = withNewRules(isOrdered ? slots : reordered(slots, now), desired);
  const changes: RuleChange[] = [
    ...placed.flatMap(changeOf),
    ...(isOrdered ? [] : [{ action: 'order' as const, before, now }]),
    ...removed.map((rule) => ({ action: 'remove' as const, found: rule })),
  ];
  if (changes.length === 0) return { change: null, kept };
  const { phase, ruleset } = found;
  return { change: { action: 'rules', phase, ruleset, rules: placed.map(sentRule), changes }, kept };
}

/** The places of our rules are filled in the order that is desired; rules by hand keep theirs. */
function reordered(slots: readonly Slot[], refs: readonly string[]): Slot[] {
  const ours = new Map(slots.map((slot) => [slot.desired?.ref, slot]));
  const next = refs[Symbol.iterator]();
  return slots.map((slot) => (slot.desired === null ? slot : (ours.get(next.next().value) ?? slot)));
}

/** A new rule stands right behind the one that it follows; the first one, right before the first of ours; alone, at the end. */
function withNewRules(slots: readonly Slot[], desired: readonly DesiredRule[]): Slot[] {
  const there = new Set(slots.map((slot) => slot.desired?.ref));
  const behind = new Map<string | null, Slot[]>();
  let anchor: string | null = null;
  for (const rule of desired) {
    if (there.has(rule.ref)) anchor = rule.ref;
    else behind.set(anchor, [...(behind.get(anchor) ?? []), { found: null, desired: rule }]);
  }
  const first = behind.get(null) ?? [];
  const firstOfOurs = slots.findIndex((slot) => slot.desired !== null);
  const placed = slots.flatMap((slot, index) => [
    ...(index === firstOfOurs ? first : []),
    slot,
    ...(slot.desired === null ? [] : (behind.get(slot.desired.ref) ?? [])),
  ]);
  return firstOfOurs === -1 ? [...placed, ...first] : placed;
}

function changeOf({ found, desired }: Slot): RuleChange[] {
  if (desired === null) return [];
  if (found === null) return [{ action: 'add', rule: desired }];
  const differences = ruleDifferences(desired, found);
  return differences.length === 0 ? [] : [{ action: 'change', rule: desired, found, differences }];
}

/** A rule that does not change is sent as it is there; the id keeps it in place for whoever knows it by that. */
function sentRule({ found, desired }: Slot): Fields {
  if (found === null) return { ...desired };
  if (desired !== null && ruleDifferences(desired, found).length > 0) return { ...desired, id: found.id };
  const { last_updated, version, categories, ...written } = found;
  return written;
}
