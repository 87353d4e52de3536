/** Compares a zone as it is with the zone as it is desired. Pure: a person reads the result, and it is applied as it was read. */

import { ALWAYS_THERE, KINDS, type Kind } from '../../zone/item-kinds.ts';
import { type DiffOptions, diffPhase, type PhaseChange } from './diff-phase.ts';
import { type Difference, differencesOf } from './differences.ts';
import {
  type DesiredItem,
  type DesiredPhase,
  type DesiredState,
  type FoundItem,
  type FoundRule,
  type FoundZone,
  isAddress,
} from './zone-items.ts';

export type ItemChange =
  | { action: 'add'; item: DesiredItem }
  | { action: 'change'; item: DesiredItem; found: FoundItem; differences: readonly Difference[] }
  | { action: 'remove'; found: FoundItem };

export type ZoneChange = ItemChange | PhaseChange;

export interface ZoneDiff {
  /** In the order in which they are applied. */
  changes: readonly ZoneChange[];
  /** Made by hand, and kept. */
  kept: { items: readonly FoundItem[]; rules: readonly { phase: DesiredPhase['phase']; rule: FoundRule }[] };
  /** Settings that differ, and that the API lets nobody change. */
  fixed: readonly FoundItem[];
  /** Sentences about what a person must decide before anything is applied. */
  conflicts: readonly string[];
}

export function diffZone(found: FoundZone, desired: DesiredState, options: DiffOptions): ZoneDiff {
  const items = diffItems(found.items, desired.items, options);
  const phases = desired.phases.map(({ phase, rules }) => {
    const there = found.phases.find((one) => one.phase === phase) ?? { phase, ruleset: null, rules: [] };
    return { phase, ...diffPhase(there, rules, options) };
  });
  return {
    changes: inOrder(
      items.changes,
      phases.flatMap(({ change }) => change ?? []),
    ),
    kept: {
      items: items.kept,
      rules: phases.flatMap(({ phase, kept }) => kept.map((rule) => ({ phase, rule }))),
    },
    fixed: items.fixed,
    conflicts: items.conflicts,
  };
}

const identity = ({ kind, key }: DesiredItem) => `${kind} ${key}`;

function diffItems(
  found: readonly FoundItem[],
  desired: readonly DesiredItem[],
  { removeUnknown, leftAlone }: DiffOptions,
) {
  const there = Map.groupBy(found, identity);
  const matched = new Set<FoundItem>();
  const changes: ItemChange[] = [];
  const fixed: FoundItem[] = [];
  const conflicts: string[] = [];
  for (const item of desired) {
    const candidates = there.get(identity(item)) ?? [];
    const match = bestMatch(item, candidates);
    if (match === undefined && candidates.length > 0 && !removeUnknown) {
      conflicts.push(
        `${identity(item)} is there ${candidates.length} times, made by hand: leave one of them, and it becomes the one of zone/.`,
      );
    } else if (match === undefined) changes.push({ action: 'add', item });
    else {
      matched.add(match);
      const differences = differencesOf(item.fields, match.fields);
      if (!match.isOurs && !removeUnknown && differences.some((one) => movesTraffic(item, one))) {
        conflicts.push(
          `${identity(item)} was made by hand and leads elsewhere: ${wordsOf(differences, item)}. Put that into zone/, or remove it there.`,
        );
      } else if (differences.length > 0 && match.isFixed) fixed.push(match);
      else if (differences.length > 0) changes.push({ action: 'change', item, found: match, differences });
    }
  }
  const others = found.filter((item) => !matched.has(item) && !ALWAYS_THERE.includes(item.kind));
  const isRemoved = (item: FoundItem) =>
    item.isOurs ? !leftAlone.has(identity(item)) : removeUnknown && !item.staysByHand;
  const kept = others.filter((item) => !item.isOurs && !isRemoved(item));
  changes.push(...others.filter(isRemoved).map((item) => ({ action: 'remove' as const, found: item })));
  conflicts.push(...blockedNames(changes, kept));
  return { changes, kept, fixed, conflicts };
}

/** Fields that say where requests go. What somebody made by hand keeps them: a change would take their traffic away. */
const DESTINATIONS: Partial<Record<Kind, readonly string[]>> = {
  'DNS record': ['content'],
  pool: ['origins'],
  'load balancer': ['default_pools', 'fallback_pool'],
};

const movesTraffic = ({ kind }: DesiredItem, { path }: Difference) =>
  (DESTINATIONS[kind] ?? []).some((field) => path === field || path.startsWith(`${field}.`));

const wordsOf = (differences: readonly Difference[], item: DesiredItem) =>
  differences
    .filter((one) => movesTraffic(item, one))
    .map(({ path, before }) => `${path} is ${JSON.stringify(before) ?? 'not there'}`)
    .join(', ');

/** One that needs no change, else one of ours, else the only one. */
const bestMatch = (item: DesiredItem, candidates: readonly FoundItem[]): FoundItem | undefined =>
  candidates.find(({ fields }) => differencesOf(item.fields, fields).length === 0) ??
  candidates.find(({ isOurs }) => isOurs) ??
  (candidates.length === 1 ? candidates[0] : undefined);

/** RFC 1034, section 3.6.2: a name with a CNAME has no other record. */
const excludeEachOther = (one: DesiredItem, other: DesiredItem) =>
  isAddress(one) &&
  isAddress(other) &&
  one.fields.name === other.fields.name &&
  one.fields.type !== other.fields.type &&
  [one, other].some(({ fields }) => fields.type === 'CNAME');

const blockedNames = (changes: readonly ItemChange[], kept: readonly FoundItem[]): string[] =>
  changes.flatMap((change) => {
    if (change.action !== 'add') return [];
    return kept
      .filter((item) => excludeEachOther(change.item, item))
      .map(({ key }) => `DNS record ${change.item.key} cannot be added: ${key} was made by hand. Remove it.`);
  });

/** Additions and changes, then removals. A record that stands in the way of another is removed right before. */
function inOrder(items: readonly ItemChange[], phases: readonly PhaseChange[]): ZoneChange[] {
  const added = items.filter((change) => change.action !== 'remove');
  const removed = items.filter((change) => change.action === 'remove');
  const inTheWay = removed.filter(({ found }) =>
    added.some((change) => change.action === 'add' && excludeEachOther(change.item, found)),
  );
  const addedOf = (kind: Kind) => added.filter(({ item }) => item.kind === kind);
  return [
    ...inTheWay,
    ...KINDS.filter((kind) => !ALWAYS_THERE.includes(kind)).flatMap(addedOf),
    ...phases,
    ...ALWAYS_THERE.flatMap(addedOf),
    ...KINDS.toReversed().flatMap((kind) =>
      removed.filter((change) => change.found.kind === kind && !inTheWay.includes(change)),
    ),
  ];
}
