import { describe, expect, test } from 'vitest';
import { isContained, isNewer, type Life, type Snapshot } from '../../../src/investing/rules/containment.ts';

const snapshot = (changes: Partial<Snapshot> = {}): Snapshot => ({
  updatedAt: 100,
  askedAtMs: 5_000,
  askedAtRevision: 7,
  appliedMs: 6_000,
  ...changes,
});
const life = (changes: Partial<Life> = {}): Life => ({
  living_ack_at: 90,
  living_ack_revision: 3,
  renewed_ack_at: 90,
  renewed_ack_revision: 3,
  release_sent_ms: null,
  release_ack_at: null,
  release_ack_revision: null,
  ...changes,
});

describe('a snapshot surely has an investment', () => {
  test.each([
    ['that was stored before it', 99, 9, true],
    ['that was stored in its second, and was known to who asked', 100, 7, true],
    ['that was stored in its second, and was not known to who asked', 100, 8, false],
    ['that was stored after it, although who asked knows of it', 101, 7, false],
  ])('%s', (_name, at, revision, expected) => {
    const stored = life({
      living_ack_at: at,
      living_ack_revision: revision,
      renewed_ack_at: at,
      renewed_ack_revision: revision,
    });
    expect(isContained(snapshot(), true, stored)).toBe(expected);
  });

  test('that the main API has not acknowledged: never', () => {
    const unknown = life({ living_ack_at: null, living_ack_revision: null });
    expect(isContained(snapshot(), true, unknown)).toBe(false);
  });

  test.each([
    [null, true],
    [6_001, true],
    [6_000, false],
    [5_999, false],
    [0, false],
  ])('that has ended, with an end that was sent at %s', (release_sent_ms, expected) => {
    expect(isContained(snapshot(), false, life({ release_sent_ms }))).toBe(expected);
  });
});

test('snapshots follow one another by their second, then by the revision and the clock of who asked', () => {
  const one = snapshot();
  expect(isNewer(one, one)).toBe(false);
  expect(isNewer(snapshot({ updatedAt: 101, askedAtRevision: 0, askedAtMs: 0 }), one)).toBe(true);
  expect(isNewer(snapshot({ askedAtRevision: 8, askedAtMs: 0 }), one)).toBe(true);
  expect(isNewer(snapshot({ askedAtRevision: 6, askedAtMs: 9_000 }), one)).toBe(false);
  expect(isNewer(snapshot({ askedAtMs: 5_001 }), one)).toBe(true);
  expect(isNewer(snapshot({ updatedAt: 99, askedAtRevision: 9, askedAtMs: 9_000 }), one)).toBe(false);
});
