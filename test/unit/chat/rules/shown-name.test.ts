import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shownName } from '../../../../src/chat/rules/shown-name.ts';

describe('the name of an author', () => {
  it('is their own', () => {
    expect(shownName({ id: 'u1', displayName: 'Ada' })).toBe('Ada');
  });

  it('is made of letters that follow from the id without one', () => {
    const name = (id: string) => shownName({ id, displayName: null });
    expect(shownName({ id: 'u1', displayName: '' })).toBe(name('u1'));
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(name(id)).toMatch(/^User-[A-HJ-NP-Y]{6}$/);
      }),
    );
    expect(new Set(Array.from({ length: 1_000 }, (_, at) => name(`user-${at}`))).size).toBe(1_000);
  });
});
