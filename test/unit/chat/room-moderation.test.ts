import { beforeEach, describe, expect, test } from 'vitest';
import {
  MODERATOR,
  moderatorView,
  outcomeOf,
  person,
  RoomWorld,
  START,
} from '../../support/chat/room-world.ts';

let world: RoomWorld;
beforeEach(() => {
  world = new RoomWorld();
});
const pinned = async () => (await world.room.read({ state: true })).pinned?.sequence ?? null;

describe('sanctions', () => {
  test('keep from posting, and a ban from reacting and reporting, until they end', async () => {
    await world.posted('bob');
    await world.moderate('mute', { userId: 'ann', seconds: 60 });
    expect(await world.post('ann')).toMatchObject({
      ...{ code: 'CHAT_NOT_ALLOWED', message: 'You are muted in the room until 2026-11-27T00:01:00.000Z.' },
    });
    expect(outcomeOf(await world.react('ann', 1))).toBe('stored');
    await world.moderate('ban', { userId: 'ann', seconds: 90 });
    expect(outcomeOf(await world.react('ann', 1, true))).toBe('CHAT_NOT_ALLOWED');
    const viewer = { id: 'ann', isModerator: false };
    expect((await world.room.read({ ofViewer: true, viewer })).refusal).toMatchObject({
      code: 'CHAT_NOT_ALLOWED',
    });
    world.pass(90);
    expect((await world.room.read({ ofViewer: true, viewer })).refusal).toBeNull();
    expect(outcomeOf(await world.post('ann'))).toBe('stored');
  });

  test('without an end last until they are lifted', async () => {
    await world.moderate('ban', { userId: 'ann', reason: 'spam' });
    world.pass(1e6);
    world.evict();
    expect(outcomeOf(await world.post('ann'))).toBe('CHAT_NOT_ALLOWED');
    await world.moderate('unmute', { userId: 'ann' });
    expect(outcomeOf(await world.post('ann'))).toBe('CHAT_NOT_ALLOWED');
    await world.moderate('unban', { userId: 'ann' });
    expect(outcomeOf(await world.post('ann'))).toBe('stored');
    expect(await world.room.acts(0, 10)).toEqual([
      {
        ...{ number: 1, at: START, actorId: 'mod', action: 'ban', sequence: null },
        ...{ userId: 'ann', seconds: null, reason: 'spam' },
      },
      {
        ...{ number: 2, at: START + 1e6, actorId: 'mod', action: 'unban', sequence: null },
        ...{ userId: 'ann', seconds: null, reason: null },
      },
    ]);
    expect(await world.room.acts(1, 10)).toHaveLength(1);
  });

  test('of staff are refused, and a message names its author', async () => {
    await world.posted(person('tim', { role: 'team' }));
    await world.posted('ann');
    expect(await world.moderate('mute', { userId: 'tim' })).toMatchObject({ code: 'CHAT_NOT_ALLOWED' });
    expect(await world.moderate('ban', { userId: MODERATOR.id })).toMatchObject({ code: 'CHAT_NOT_ALLOWED' });
    expect(await world.moderate('ban')).toMatchObject({ code: 'VALIDATION_FAILED' });
    expect(await world.moderate('mute', { sequence: 2 })).toBeNull();
    expect(outcomeOf(await world.post('ann'))).toBe('CHAT_NOT_ALLOWED');
  });

  test('are for moderators alone', async () => {
    const moderator = person('tim', { role: 'team' });
    expect(await world.moderate('slow_mode', { moderator, seconds: 9 })).toMatchObject({
      code: 'CHAT_NOT_ALLOWED',
    });
    expect(await world.room.acts(0, 10)).toEqual([]);
  });
});

describe('slow mode', () => {
  test('lets an author post again after a while, and staff at once', async () => {
    await world.moderate('slow_mode', { seconds: 30 });
    await world.posted('ann');
    world.pass(10);
    expect(await world.post('ann')).toMatchObject({
      ...{ code: 'CHAT_TOO_FAST', message: 'The room is in slow mode: post again in 20 s.' },
    });
    const viewer = { id: 'ann', isModerator: false };
    const reading = await world.room.read({ state: true, ofViewer: true, viewer });
    expect((await world.room.read({ state: true, viewer })).refusal).toBeNull();
    expect(reading).toMatchObject({ slowModeSeconds: 30, refusal: { code: 'CHAT_TOO_FAST' } });
    await world.posted('bob');
    for (let posts = 0; posts < 2; posts += 1) await world.posted(MODERATOR);
    expect((await world.room.read({ ofViewer: true, viewer: moderatorView })).refusal).toBeNull();
    world.pass(20);
    await world.posted('ann');
    await world.moderate('slow_mode', { seconds: 0 });
    await world.posted('ann');
  });

  test('keeps nobody waiting for a clock that was wrong', async () => {
    await world.moderate('slow_mode', { seconds: 30 });
    await world.posted('ann');
    world.pass(-86_400);
    await world.posted('ann');
    expect(outcomeOf(await world.post('ann'))).toBe('CHAT_TOO_FAST');
  });
});

describe('the pin', () => {
  test('is one message at a time, and each change of it an event', async () => {
    await world.watch();
    await world.posted('ann');
    await world.posted('ann');
    await world.settled();
    world.taken.clear();
    for (const sequence of [1, 1, 2]) await world.moderate('pin', { sequence });
    expect(await pinned()).toBe(2);
    expect(await world.moderate('unpin', { sequence: 1 })).toBeNull();
    expect(await pinned()).toBe(2);
    await world.settled();
    await world.moderate('unpin');
    await world.moderate('unpin');
    await world.settled();
    expect(await pinned()).toBeNull();
    expect(world.eventsOf()).toEqual(['pinned 1', 'pinned 2', 'unpinned 2']);
    const acts = await world.room.acts(0, 10);
    expect(acts.map(({ action, sequence }) => `${action} ${sequence}`)).toEqual([
      'pin 1',
      'pin 2',
      'unpin 2',
    ]);
  });

  test('is lifted when its message is deleted or held back', async () => {
    await world.watch();
    await world.posted('ann');
    await world.posted('bob');
    await world.moderate('pin', { sequence: 1 });
    await world.room.remove({ actor: person('ann'), sequence: 1 });
    expect(await pinned()).toBeNull();
    await world.settled();
    expect(world.eventsOf().slice(-2)).toEqual(['unpinned 1', 'deleted 1']);
    await world.moderate('pin', { sequence: 2 });
    await world.settled();
    await world.reportThrice(2);
    await world.settled();
    expect(await pinned()).toBeNull();
    expect(world.eventsOf().slice(-2)).toEqual(['unpinned 2', 'held_back 2']);
  });

  test('is no message that nobody sees', async () => {
    await world.posted('ann', { holdReason: 'odd' });
    await world.posted('ann');
    await world.room.remove({ actor: person('ann'), sequence: 2 });
    for (const sequence of [1, 2, 3, null])
      expect(await world.moderate('pin', { sequence })).toMatchObject({ code: 'CHAT_MESSAGE_NOT_FOUND' });
  });
});

test('the database refuses to change the record of acts', async () => {
  await world.moderate('ban', { userId: 'ann' });
  const change = (query: string) => () => world.storage.sql.exec(query);
  expect(change("UPDATE act SET actor_id = 'ann'")).toThrow('never changed');
  expect(change('DELETE FROM act')).toThrow('never changed');
});
