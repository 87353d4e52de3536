import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffZone, type ZoneChange, type ZoneDiff } from '../../../scripts/zone/diff-zone.ts';
import type { DesiredItem, DesiredState, FoundItem, FoundZone } from '../../../scripts/zone/zone-items.ts';
import { KINDS, type Kind } from '../../../zone/item-kinds.ts';

const KEEPING = { removeUnknown: false, leftAlone: new Set<string>() };
const REMOVING = { ...KEEPING, removeUnknown: true };
const MARKED: readonly Kind[] = ['monitor', 'pool', 'load balancer', 'list'];

const desiredOf = (items: readonly DesiredItem[]): DesiredState => ({ items, phases: [] });
const foundOf = (items: readonly FoundItem[]): FoundZone => ({ items, phases: [] });

const item = (kind: Kind, key: string, fields: object = {}): DesiredItem => ({
  kind,
  key,
  fields: { ...fields },
});
const there = (desired: DesiredItem, isOurs: boolean, id = `${desired.kind} ${desired.key}`): FoundItem => ({
  ...desired,
  id,
  isOurs,
});
const record = (type: string, name: string, content: string): DesiredItem =>
  item('DNS record', `${type} ${name}`, { type, name, content });

/** The platform's items after the changes. */
function applied(found: FoundZone, { changes }: ZoneDiff): FoundZone {
  const items = new Map(found.items.map((one) => [one.id, one]));
  for (const [index, change] of changes.entries()) {
    if (change.action === 'remove') items.delete(change.found.id);
    if (change.action === 'add') items.set(`new ${index}`, there(change.item, true, `new ${index}`));
    if (change.action === 'change') {
      const fields = { ...change.found.fields, ...change.item.fields };
      items.set(change.found.id, { ...change.found, fields, isOurs: true });
    }
  }
  return foundOf([...items.values()]);
}

const identityOf = ({ kind, key }: DesiredItem) => `${kind} ${key}`;
const anItem = fc
  .tuple(fc.constantFrom(...MARKED), fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(2))
  .map(([kind, key, value]) => item(kind, key, { value }));
const items = fc.uniqueArray(anItem, { selector: identityOf, maxLength: 8 });
const cases = fc.record({
  desired: items.map(desiredOf),
  found: fc
    .tuple(items, fc.infiniteStream(fc.boolean()))
    .map(([all, marks]) => foundOf(all.map((one) => there(one, marks.next().value ?? true)))),
});

test('after the changes, all that is desired is there as it is desired, and nothing differs', () => {
  fc.assert(
    fc.property(cases, fc.boolean(), ({ desired, found }, removeUnknown) => {
      const options = { ...KEEPING, removeUnknown };
      const after = applied(found, diffZone(found, desired, options));
      for (const one of desired.items) {
        expect(after.items.filter((other) => identityOf(other) === identityOf(one))).toMatchObject([
          { fields: one.fields },
        ]);
      }
      expect(diffZone(after, desired, options).changes).toEqual([]);
    }),
  );
});

test('an item by hand that is not desired is kept and shown, and one of ours is removed', () => {
  fc.assert(
    fc.property(cases, ({ desired, found }) => {
      const diff = diffZone(found, desired, KEEPING);
      const names = new Set(desired.items.map(identityOf));
      const others = found.items.filter((one) => !names.has(identityOf(one)));
      expect(new Set(diff.kept.items)).toEqual(new Set(others.filter(({ isOurs }) => !isOurs)));
      const removed = diff.changes.flatMap((change) => (change.action === 'remove' ? change.found : []));
      expect(new Set(removed)).toEqual(new Set(others.filter(({ isOurs }) => isOurs)));
    }),
  );
});

test('with removal of what is unknown, only what is desired is left', () => {
  fc.assert(
    fc.property(cases, ({ desired, found }) => {
      const after = applied(found, diffZone(found, desired, REMOVING));
      expect(after.items.map(identityOf).sort()).toEqual(desired.items.map(identityOf).sort());
    }),
  );
});

const orderOf = (changes: readonly ZoneChange[]) =>
  changes.map((change) => {
    if (change.action === 'rules') return 'rules';
    return `${change.action} ${change.action === 'remove' ? change.found.kind : change.item.kind}`;
  });

test('rules come after what they name and before settings; removals come last, the other way round', () => {
  const phase = 'http_ratelimit';
  const rules = [{ ref: 'com2000_a', action: 'block', expression: 'true' }];
  const desired = {
    items: KINDS.toReversed().map((kind) => item(kind, 'new', { value: 1 })),
    phases: [{ phase, rules }],
  } as const;
  const old = KINDS.map((kind) => there(item(kind, 'old'), true));
  const settings = [there(item('setting', 'new'), false), there(item('bot settings', 'new'), false)];
  expect(orderOf(diffZone(foundOf([...old, ...settings]), desired, KEEPING).changes)).toEqual([
    'add DNS record',
    'add bucket domain',
    'add monitor',
    'add pool',
    'add load balancer',
    'add list',
    'rules',
    'change setting',
    'change bot settings',
    'remove list',
    'remove load balancer',
    'remove pool',
    'remove monitor',
    'remove bucket domain',
    'remove DNS record',
  ]);
});

test('a record of ours that stands in the way of another is removed right before', () => {
  const found = foundOf([
    there(record('A', 'www', '192.0.2.1'), true),
    there(record('A', 'old', '192.0.2.1'), true),
  ]);
  const desired = desiredOf([record('CNAME', 'www', 'site')]);
  const changes = diffZone(found, desired, KEEPING).changes;
  expect(orderOf(changes)).toEqual(['remove DNS record', 'add DNS record', 'remove DNS record']);
  expect(changes[0]).toMatchObject({ found: { key: 'A www' } });
});

test('a record by hand that excludes one of ours is a conflict, and a mail record is none', () => {
  const found = foundOf([
    there(record('A', 'www', '192.0.2.1'), false),
    there(record('MX', 'www', 'mail'), false),
  ]);
  const desired = desiredOf([record('CNAME', 'www', 'site')]);
  expect(diffZone(found, desired, KEEPING).conflicts).toEqual([
    'DNS record CNAME www cannot be added: A www was made by hand. Remove it.',
  ]);
  expect(diffZone(found, desired, REMOVING).conflicts).toEqual([]);
});

test('one record by hand with the same name and content becomes ours; a person chooses between two others', () => {
  const one = there(record('A', 'www', '192.0.2.1'), false);
  const comment = 'com2000 zone: website';
  const same = record('A', 'www', '192.0.2.1');
  const marked = { ...same, fields: { ...same.fields, comment } };
  expect(diffZone(foundOf([one]), desiredOf([marked]), KEEPING)).toMatchObject({
    changes: [{ action: 'change', found: { id: one.id }, differences: [{ path: 'comment' }] }],
    conflicts: [],
  });
  const desired = desiredOf([record('A', 'www', '192.0.2.9')]);
  const two = there(record('A', 'www', '192.0.2.2'), false, 'two');
  const diff = diffZone(foundOf([one, two]), desired, KEEPING);
  expect(diff.changes).toEqual([]);
  expect(diff.conflicts).toEqual([expect.stringContaining('DNS record A www is there 2 times')]);
});

test.each([
  [record('A', '@', '203.0.113.9'), record('A', '@', '192.0.2.1'), 'content is "203.0.113.9"'],
  [
    item('pool', 'primary-pool', { origins: [{ name: 'api1', address: 'a' }] }),
    item('pool', 'primary-pool', { origins: [{ name: 'api1', address: 'b' }] }),
    'origins.api1.address is "a"',
  ],
  [
    item('load balancer', 'main-api', { default_pools: ['theirs'] }),
    item('load balancer', 'main-api', { default_pools: ['ours'] }),
    'default_pools is ["theirs"]',
  ],
])(
  '$kind by hand that leads elsewhere is a conflict, and is not changed unless told',
  (hand, desired, words) => {
    const found = foundOf([there(hand, false)]);
    const diff = diffZone(found, desiredOf([desired]), KEEPING);
    expect(diff.changes).toEqual([]);
    expect(diff.conflicts).toEqual([expect.stringContaining(words)]);
    expect(diffZone(found, desiredOf([desired]), REMOVING)).toMatchObject({
      changes: [{ action: 'change' }],
      conflicts: [],
    });
    const ours = diffZone(foundOf([there(hand, true)]), desiredOf([desired]), KEEPING);
    expect(ours).toMatchObject({ changes: [{ action: 'change' }], conflicts: [] });
  },
);

test('the one that needs no change is ours among several with one name, then the one with our mark', () => {
  const desired = record('A', 'www', '192.0.2.9');
  const others = [there(record('A', 'www', '192.0.2.1'), true, 'marked'), there(desired, false, 'same')];
  expect(diffZone(foundOf(others), desiredOf([desired]), KEEPING).changes).toMatchObject([
    { action: 'remove', found: { id: 'marked' } },
  ]);
  const marked = [
    there(record('A', 'www', '192.0.2.1'), false, 'hand'),
    there(record('A', 'www', '192.0.2.2'), true, 'marked'),
  ];
  expect(diffZone(foundOf(marked), desiredOf([desired]), KEEPING).changes).toMatchObject([
    { action: 'change', found: { id: 'marked' } },
  ]);
});

test('an item that is skipped for want of an add-on stays as it is', () => {
  const found = foundOf([there(item('pool', 'primary'), true)]);
  const leftAlone = new Set(['pool primary']);
  expect(diffZone(found, desiredOf([]), { ...KEEPING, leftAlone })).toMatchObject({
    changes: [],
    kept: { items: [] },
  });
});

test('a setting that the plan fixes is told, and not sent', () => {
  const found = { ...there(item('setting', 'polish', { value: 'off' }), false), isFixed: true };
  const diff = diffZone(
    foundOf([found]),
    desiredOf([item('setting', 'polish', { value: 'lossy' })]),
    KEEPING,
  );
  expect([diff.changes, diff.fixed]).toEqual([[], [found]]);
});
