import { describe, expect, test } from 'vitest';
import { MeasuredRequest } from '../../../src/metrics/measured-request.ts';

const START_MS = 1_708_300_800_000;

describe('an outcome', () => {
  const END = { bytes: 1, endedAtMs: START_MS, cache: 'bypass' } as const;
  const error = (code: string) => [{ extensions: { code } }];
  const outcomes: [string, (measured: MeasuredRequest) => void, number, object][] = [
    [
      'data without errors',
      () => undefined,
      200,
      { outcome: 'ok', errorCode: '', errors: 0, isFault: false },
    ],
    [
      'data with an error of the caller',
      (measured) => measured.failed(error('FORBIDDEN'), true),
      200,
      { outcome: 'partial', errorCode: 'FORBIDDEN', errors: 1, isFault: false },
    ],
    [
      'no data, by the caller, with status 200',
      (measured) => measured.failed(error('BAD_USER_INPUT'), false),
      200,
      { outcome: 'refused', errorCode: 'BAD_USER_INPUT', isFault: false },
    ],
    [
      'no data, by a fault',
      (measured) => {
        measured.fault();
        measured.failed(error('UPSTREAM_UNAVAILABLE'), false);
      },
      200,
      { outcome: 'error', isFault: true },
    ],
    ['a status alone', () => undefined, 404, { outcome: 'refused', errorCode: 'HTTP_404', isFault: false }],
    [
      'a status of a fault alone',
      () => undefined,
      502,
      { outcome: 'error', errorCode: 'HTTP_502', isFault: true },
    ],
    [
      'a status of a fault that is the caller’s',
      (measured) => {
        measured.ofCaller();
        measured.refused('SERVICE_UNAVAILABLE');
      },
      503,
      { outcome: 'refused', errorCode: 'SERVICE_UNAVAILABLE', isFault: false },
    ],
  ];
  test.each(outcomes)('of %s', (_, fill, status, expected) => {
    const measured = new MeasuredRequest(START_MS, 'get');
    fill(measured);
    expect(measured.ended({ ...END, status })).toMatchObject(expected);
  });

  test('of an answer from the cache is ok, though a refresh beside it failed', () => {
    const measured = new MeasuredRequest(START_MS, 'get');
    measured.fault();
    measured.failed(error('UPSTREAM_UNAVAILABLE'), false);
    const ended = measured.ended({ ...END, cache: 'stale', status: 200 });
    expect(ended).toMatchObject({ outcome: 'ok', errors: 0, errorCode: '', isFault: false });
  });

  test('has no negative duration where the clock was set back', () => {
    const measured = new MeasuredRequest(START_MS + 5_000, 'get');
    expect(measured.ended({ ...END, status: 200 }).durationMs).toBe(0);
  });
});
