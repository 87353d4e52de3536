import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffPhase, type PhaseDiff } from '../../../scripts/zone/diff-phase.ts';
import type { DesiredRule, FoundPhase, FoundRule } from '../../../scripts/zone/zone-items.ts';
import { REF_PREFIX } from '../../../zone/desired-zone.ts';

const PHASE = 'http_request_firewall_custom';
const KEEPING = { removeUnknown: false, leftAlone: new Set<string>() };
const REMOVING = { ...KEEPING, removeUnknown: true };

const ours = (name: string, expression = 'true'): DesiredRule => ({
  ref: `${REF_PREFIX}${name}`,
  action: 'block',
  description: name,
  expression,
});

/** As the platform gives a rule: with defaults, a version and a time. */
const there = (id: string, rule: Partial<DesiredRule>): FoundRule => ({
  enabled: true,
  version: '3',
  last_updated: '2026-11-26T20:00:00Z',
  action: 'block',
  expression: 'true',
  ...rule,
  ref: rule.ref ?? id,
  id,
});
const byHand = (id: string) => there(id, { description: `by hand ${id}` });

const phaseOf = (rules: readonly FoundRule[]): FoundPhase => ({
  phase: PHASE,
  ruleset: { id: 'ruleset', version: '7' },
  rules,
});

/** The platform's rules after the change: a rule that is sent with its id keeps it. */
function applied(found: FoundPhase, { change }: PhaseDiff): FoundPhase {
  if (change === null) return found;
  return phaseOf(
    change.rules.map((rule, index) => there(String(rule.id ?? `new${index}`), rule as Partial<DesiredRule>)),
  );
}

const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const expression = fc.constantFrom('true', 'false', 'ip.src eq 192.0.2.1');
const desiredRules = fc.uniqueArray(fc.record({ name, expression }), {
  selector: (rule) => rule.name,
  maxLength: 6,
});
const foundRules = fc
  .tuple(desiredRules, fc.uniqueArray(fc.nat(50), { maxLength: 5 }))
  .chain(([mine, hand]) =>
    fc.shuffledSubarray([
      ...mine.map((rule) => there(`id-${rule.name}`, ours(rule.name, rule.expression))),
      ...hand.map((number) => byHand(`hand-${number}`)),
    ]),
  );
const cases = fc.record({
  found: foundRules.map(phaseOf),
  desired: desiredRules.map((rules) => rules.map((rule) => ours(rule.name, rule.expression))),
});

const isHand = ({ id }: FoundRule) => id.startsWith('hand-');
const refsOf = (rules: readonly { ref?: string | undefined }[]) =>
  rules.flatMap(({ ref }) => (ref?.startsWith(REF_PREFIX) ? ref : []));

test('after the change, our rules are those that are desired, in their order', () => {
  fc.assert(
    fc.property(cases, ({ found, desired }) => {
      const after = applied(found, diffPhase(found, desired, KEEPING));
      expect(refsOf(after.rules)).toEqual(refsOf(desired));
      expect(after.rules.filter((rule) => !isHand(rule)).map((rule) => rule.expression)).toEqual(
        desired.map((rule) => rule.expression),
      );
    }),
  );
});

test('after the change, nothing differs', () => {
  fc.assert(
    fc.property(cases, fc.boolean(), ({ found, desired }, removeUnknown) => {
      const options = { ...KEEPING, removeUnknown };
      const after = applied(found, diffPhase(found, desired, options));
      expect(diffPhase(after, desired, options).change).toBeNull();
    }),
  );
});

test('rules by hand stay in their order, with their ids, as they were', () => {
  fc.assert(
    fc.property(cases, ({ found, desired }) => {
      const after = applied(found, diffPhase(found, desired, KEEPING));
      expect(after.rules.filter(isHand)).toEqual(found.rules.filter(isHand));
    }),
  );
});

test('a rule of ours keeps its id', () => {
  fc.assert(
    fc.property(cases, ({ found, desired }) => {
      const after = applied(found, diffPhase(found, desired, KEEPING));
      const idOf = (rules: readonly FoundRule[]) => new Map(rules.map(({ ref, id }) => [ref, id]));
      const before = idOf(found.rules);
      for (const [ref, id] of idOf(after.rules)) if (before.has(ref)) expect(id).toBe(before.get(ref));
    }),
  );
});

test('with removal of what is unknown, our rules alone are left', () => {
  fc.assert(
    fc.property(cases, ({ found, desired }) => {
      const after = applied(found, diffPhase(found, desired, REMOVING));
      expect(after.rules.map(({ ref }) => ref)).toEqual(refsOf(desired));
    }),
  );
});

test('a rule stands where it stood among those by hand', () => {
  const found = phaseOf([byHand('hand-1'), there('id-a', ours('a', 'false')), byHand('hand-2')]);
  const { change } = diffPhase(found, [ours('a')], KEEPING);
  expect(change?.rules.map(({ id }) => id)).toEqual(['hand-1', 'id-a', 'hand-2']);
});

test('a new rule stands behind the one that it follows', () => {
  const found = phaseOf([byHand('hand-1'), there('id-a', ours('a')), byHand('hand-2')]);
  const { change } = diffPhase(found, [ours('z'), ours('a'), ours('b')], KEEPING);
  expect(change?.rules.map(({ id, ref }) => id ?? ref)).toEqual([
    'hand-1',
    `${REF_PREFIX}z`,
    'id-a',
    `${REF_PREFIX}b`,
    'hand-2',
  ]);
});

test('another order is a change, and is told with both', () => {
  const found = phaseOf([there('id-a', ours('a')), byHand('hand-1'), there('id-b', ours('b'))]);
  const { change } = diffPhase(found, [ours('b'), ours('a')], KEEPING);
  expect(change?.rules.map(({ id }) => id)).toEqual(['id-b', 'hand-1', 'id-a']);
  expect(change?.changes).toEqual([
    { action: 'order', before: refsOf([ours('a'), ours('b')]), now: refsOf([ours('b'), ours('a')]) },
  ]);
});

test('a rule of ours that was removed here is removed there, and one that is left alone stays', () => {
  const found = phaseOf([there('id-a', ours('a')), there('id-b', ours('b'))]);
  const leftAlone = new Set([`rule ${REF_PREFIX}b`]);
  const { change, kept } = diffPhase(found, [], { ...KEEPING, leftAlone });
  expect(change?.rules.map(({ id }) => id)).toEqual(['id-b']);
  expect(kept).toEqual([]);
});

test('a second rule with the same ref is removed', () => {
  const found = phaseOf([there('id-a', ours('a')), there('copy', ours('a'))]);
  const { change } = diffPhase(found, [ours('a')], KEEPING);
  expect(change?.rules.map(({ id }) => id)).toEqual(['id-a']);
});

test('a rule without a ref is one by hand', () => {
  const { ref, ...rule } = byHand('hand-1');
  const { change, kept } = diffPhase(phaseOf([rule]), [], KEEPING);
  expect([change, kept]).toEqual([null, [rule]]);
});

test('a phase without a ruleset, and one without rules, get the rules that are desired', () => {
  for (const found of [{ ...phaseOf([]), ruleset: null }, phaseOf([])]) {
    expect(diffPhase(found, [], KEEPING).change).toBeNull();
    expect(diffPhase(found, [ours('a')], KEEPING).change?.rules).toEqual([ours('a')]);
  }
});

test('ten thousand rules by hand are kept, and sent as they were', () => {
  const hand = Array.from({ length: 10_000 }, (_, index) => byHand(`hand-${index}`));
  const found = phaseOf([...hand, there('id-a', ours('a', 'false'))]);
  const { change, kept } = diffPhase(found, [ours('a')], KEEPING);
  expect(kept).toHaveLength(10_000);
  expect(change?.rules).toHaveLength(10_001);
  expect(change?.changes).toHaveLength(1);
});
