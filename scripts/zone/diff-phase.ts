/** Compares the rules of a phase, and makes the list that is sent: all rules of the phase in one order. */
import type { ZonePhase } from '../../zone/desired-zone.ts';
import { REF_PREFIX } from '../../zone/desired-zone.ts';
import { type Difference, ruleDifferences } from './differences.ts';
import type { Fields, FoundPhase, FoundRule, WantedRule } from './zone-items.ts';

export type RuleChange =
  | { action: 'add'; rule: WantedRule }
  | { action: 'change'; rule: WantedRule; found: FoundRule; differences: readonly Difference[] }
  | { action: 'remove'; found: FoundRule }
  /** The rules of the zone's file stand in another order there. */
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

/** Where a rule comes from, or goes to: one that is there, one that is wanted, or both. */
interface Slot {
  found: FoundRule | null;
  wanted: WantedRule | null;
}

const isOurs = ({ ref }: FoundRule) => ref?.startsWith(REF_PREFIX) ?? false;

export function diffPhase(
  found: FoundPhase,
  wanted: readonly WantedRule[],
  { removeUnknown, leftAlone }: DiffOptions,
): PhaseDiff {
  const wantedByRef = new Map(wanted.map((rule) => [rule.ref, rule]));
  const matched = new Set<string>();
  const removed: FoundRule[] = [];
  const kept: FoundRule[] = [];
  const slots: Slot[] = [];
  for (const rule of found.rules) {
    const match = rule.ref === undefined ? undefined : wantedByRef.get(rule.ref);
    if (match !== undefined && !matched.has(match.ref)) {
      matched.add(match.ref);
      slots.push({ found: rule, wanted: match });
    } else if (isOurs(rule) ? leftAlone.has(`rule ${rule.ref}`) : !removeUnknown) {
      if (!isOurs(rule)) kept.push(rule);
      slots.push({ found: rule, wanted: null });
    } else removed.push(rule);
  }
  const before = slots.flatMap((slot) => slot.wanted?.ref ?? []);
  const now = wanted.flatMap(({ ref }) => (matched.has(ref) ? ref : []));
  const isOrdered = before.every((ref, index) => ref === now[index]);
  const placed = withNewRules(isOrdered ? slots : reordered(slots, now), wanted);
  const changes: RuleChange[] = [
    ...placed.flatMap(changeOf),
    ...(isOrdered ? [] : [{ action: 'order' as const, before, now }]),
    ...removed.map((rule) => ({ action: 'remove' as const, found: rule })),
  ];
  if (changes.length === 0) return { change: null, kept };
  const { phase, ruleset } = found;
  return { change: { action: 'rules', phase, ruleset, rules: placed.map(sentRule), changes }, kept };
}

/** The places of our rules are filled in the order that is wanted; rules by hand keep theirs. */
function reordered(slots: readonly Slot[], refs: readonly string[]): Slot[] {
  const ours = new Map(slots.map((slot) => [slot.wanted?.ref, slot]));
  const next = refs[Symbol.iterator]();
  return slots.map((slot) => (slot.wanted === null ? slot : (ours.get(next.next().value) ?? slot)));
}

/** A new rule stands right behind the one that it follows; the first one, right before the first of ours; alone, at the end. */
function withNewRules(slots: readonly Slot[], wanted: readonly WantedRule[]): Slot[] {
  const there = new Set(slots.map((slot) => slot.wanted?.ref));
  const behind = new Map<string | null, Slot[]>();
  let anchor: string | null = null;
  for (const rule of wanted) {
    if (there.has(rule.ref)) anchor = rule.ref;
    else behind.set(anchor, [...(behind.get(anchor) ?? []), { found: null, wanted: rule }]);
  }
  const first = behind.get(null) ?? [];
  const firstOfOurs = slots.findIndex((slot) => slot.wanted !== null);
  const placed = slots.flatMap((slot, index) => [
    ...(index === firstOfOurs ? first : []),
    slot,
    ...(slot.wanted === null ? [] : (behind.get(slot.wanted.ref) ?? [])),
  ]);
  return firstOfOurs === -1 ? [...placed, ...first] : placed;
}

function changeOf({ found, wanted }: Slot): RuleChange[] {
  if (wanted === null) return [];
  if (found === null) return [{ action: 'add', rule: wanted }];
  const differences = ruleDifferences(wanted, found);
  return differences.length === 0 ? [] : [{ action: 'change', rule: wanted, found, differences }];
}

/** A rule that does not change is sent as it is there; the id keeps it in place for whoever knows it by that. */
function sentRule({ found, wanted }: Slot): Fields {
  if (found === null) return { ...wanted };
  if (wanted !== null && ruleDifferences(wanted, found).length > 0) return { ...wanted, id: found.id };
  const { last_updated, version, categories, ...written } = found;
  return written;
}
