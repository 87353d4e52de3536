import { expect, test } from 'vitest';
import { LivenessView } from '../../../src/operations/liveness-view.ts';

const OVERLAY = { revision: 7, asOf: 70, gateways: [], carried: [], retired: [], deprecated: {} };

test('parts that the overlay of an older build lacks stay as they were', () => {
  const whole = {
    ...OVERLAY,
    ids: ['a', 'b'],
    formIds: [],
    clients: [['ios', ['1.0.0']]] as [string, string[]][],
    off: ['a'],
    timeLimits: { b: 500 },
  };
  const seenBy = (view: LivenessView) => ({
    revision: view.revision,
    names: view.names('b'),
    state: view.of('a').state,
    timeLimitMs: view.timeLimitMs('b'),
    isReleased: [
      view.isReleased('ios'),
      view.isReleased('ios', '1.0.0'),
      view.isReleased('ios', '2'),
      view.isReleased('web'),
    ],
  });
  const before = new LivenessView(whole);
  const kept = {
    revision: 7,
    names: true,
    state: 'off',
    timeLimitMs: 500,
    isReleased: [true, true, false, false],
  };
  expect(seenBy(before)).toEqual(kept);
  expect(seenBy(new LivenessView({ ...OVERLAY, revision: 8 }, before))).toEqual(kept);
  const emptied = { ...whole, clients: [], off: [], timeLimits: {} };
  expect(seenBy(new LivenessView(emptied, before))).toEqual({
    ...kept,
    state: 'live',
    timeLimitMs: null,
    isReleased: [false, false, false, false],
  });
});
