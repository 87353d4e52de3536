import { beforeEach, expect, test } from 'vitest';
import {
  IDENTIFICATION_UPLOAD_LEAST_BYTES_PER_SECOND,
  IDENTIFICATION_UPLOAD_SLOW_AFTER_MS,
  IDENTIFICATION_UPLOAD_TIMEOUT_MS,
  IDENTIFICATION_UPLOADS_AT_ONCE,
} from '../../../src/config.ts';
import { createUploadPlaces } from '../../../src/http/upload-places.ts';

let nowMs = 0;
let take: ReturnType<typeof createUploadPlaces>;
beforeEach(() => {
  nowMs = 1_000_000;
  take = createUploadPlaces(() => nowMs);
});

function taken(userId: string) {
  const place = take(userId);
  if (place === null) throw new Error(`${userId} has no place`);
  return place;
}

const takeAll = () =>
  Array.from({ length: IDENTIFICATION_UPLOADS_AT_ONCE }, (_, user) => taken(`usr_${user}`));

const FAST_BYTES = (IDENTIFICATION_UPLOAD_LEAST_BYTES_PER_SECOND * IDENTIFICATION_UPLOAD_TIMEOUT_MS) / 1000;

test('a place that is free is taken once more', () => {
  const places = takeAll();
  expect(take('usr_other')).toBeNull();
  places[0]?.free();
  expect(take('usr_other')).not.toBeNull();
  expect(take('usr_another')).toBeNull();
});

test('uploads that are fast enough keep their places until their time ends', () => {
  for (const place of takeAll()) place.received(FAST_BYTES);
  nowMs += IDENTIFICATION_UPLOAD_TIMEOUT_MS - 1;
  expect(take('usr_other')).toBeNull();
  nowMs += 1;
  expect(take('usr_other')).not.toBeNull();
});

test('one that is too slow loses its place, and only when another one wants it', () => {
  const [fast, slow] = takeAll();
  fast?.received(FAST_BYTES);
  slow?.received(
    (IDENTIFICATION_UPLOAD_LEAST_BYTES_PER_SECOND * IDENTIFICATION_UPLOAD_SLOW_AFTER_MS) / 1000 - 1,
  );
  nowMs += IDENTIFICATION_UPLOAD_SLOW_AFTER_MS - 1;
  expect(take('usr_other')).toBeNull();
  nowMs += 1;
  expect(slow?.isLost()).toBe(false);
  const other = taken('usr_other');
  expect([fast?.isLost(), slow?.isLost(), other.isLost()]).toEqual([false, true, false]);
  // What is lost frees nothing.
  slow?.free();
  expect(take('usr_another')).toBeNull();
});

test("a user's second upload leaves its place to another user, and to nobody who has one", () => {
  const uploads = Array.from({ length: IDENTIFICATION_UPLOADS_AT_ONCE }, () => taken('usr_0'));
  expect(take('usr_0')).toBeNull();
  const other = taken('usr_1');
  expect(uploads.map((upload) => upload.isLost())).toEqual([false, true]);
  expect([take('usr_0'), take('usr_1'), take('usr_2')]).toEqual([null, null, null]);
  other.free();
  expect(take('usr_0')).not.toBeNull();
});

test("a user's own upload that hangs leaves its place to the next one, and no other place", () => {
  const [own, other] = takeAll();
  expect(take('usr_0')).toBeNull();
  nowMs += IDENTIFICATION_UPLOAD_SLOW_AFTER_MS;
  expect(take('usr_0')).not.toBeNull();
  expect([own?.isLost(), other?.isLost()]).toEqual([true, false]);
});
