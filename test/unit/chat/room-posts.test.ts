import { beforeEach, describe, expect, test } from 'vitest';
import { rejection } from '../../../src/auth/rejection.ts';
import { messageOf, moderatorView, outcomeOf, person, RoomWorld } from '../../support/chat/room-world.ts';

let world: RoomWorld;
beforeEach(() => {
  world = new RoomWorld();
});
const read = (request: Parameters<RoomWorld['room']['read']>[0]) => world.room.read(request);

describe('a post', () => {
  test('that comes twice is stored once, and answered as its author sees it now, before any refusal', async () => {
    const twice = { clientMutationId: 'same', text: 'first' };
    const first = await world.posted('ann', twice);
    await world.moderate('ban', { userId: 'ann' });
    const refusal = rejection('CHAT_TOO_FAST', 'Too fast.');
    expect(await world.post('ann', { ...twice, text: 'second', refusal })).toEqual(first);
    await world.reportThrice(1);
    expect(await world.post('ann', twice)).toEqual({ ...first, heldBack: true });
    await world.room.remove({ actor: person('ann'), sequence: 1 });
    expect(await world.post('ann', twice)).toMatchObject({ sequence: 1, text: '', deleted: true });
    expect(messageOf(await world.post('bob', twice)).sequence).toBe(2);
  });

  test('that is refused by a rule leaves nothing', async () => {
    const refusal = rejection('CHAT_MESSAGE_REFUSED', 'No.');
    expect(await world.post('ann', { refusal })).toEqual(refusal);
    expect(world.storage.rowsWritten).toBe(0);
  });

  test('of an account that is closed is refused', async () => {
    world.isOpenAccount = async () => false;
    expect(outcomeOf(await world.post('ann'))).toBe('CHAT_NOT_ALLOWED');
    expect(await world.page()).toEqual([]);
  });

  test('is refused if its author is erased while D1 notes them', async () => {
    world.isOpenAccount = async () => {
      await world.room.applyAuthors([{ userId: 'ann', author: null }]);
      return true;
    };
    expect(outcomeOf(await world.post('ann'))).toBe('CHAT_NOT_ALLOWED');
    expect(outcomeOf(await world.post('ann', { clientMutationId: 'later' }))).toBe('CHAT_NOT_ALLOWED');
  });

  test('asks D1 once for an author', async () => {
    let asked = 0;
    world.isOpenAccount = async () => {
      asked += 1;
      return true;
    };
    await world.posted('ann');
    await world.posted('ann');
    world.evict();
    await world.posted('ann');
    expect(asked).toBe(1);
  });

  test('answers a message that its author sees, and no other', async () => {
    const held = await world.posted('ann', { holdReason: 'odd' });
    const field = ['input', 'replyTo'];
    for (const replyTo of [held.sequence, 99, -1])
      expect(await world.post('bob', { replyTo })).toMatchObject({ code: 'CHAT_MESSAGE_NOT_FOUND', field });
    expect(await new RoomWorld().post('bob', { replyTo: 1 })).toMatchObject({ field });
    const reply = await world.posted('ann', { replyTo: held.sequence });
    expect(reply.repliedMessage).toMatchObject({ sequence: 1, text: held.text });
    const [shown] = await world.page();
    expect(shown).toMatchObject({ sequence: 2, replyTo: 1, repliedMessage: null });
  });

  test('does not change the name of an author whom the room knows', async () => {
    await world.posted('ann');
    await world.room.applyAuthors([
      { userId: 'ann', author: { displayName: 'Anna', avatarUrl: 'https://a', role: 'team' } },
    ]);
    await world.posted('ann');
    const author = { id: 'ann', displayName: 'Anna', avatarUrl: 'https://a', role: 'team' };
    expect((await world.page()).map((message) => message.author)).toEqual([author, author]);
  });
});

describe('a message that is held back', () => {
  test('is only seen by moderators and its author, and no event tells of it', async () => {
    await world.watch();
    const position = (await read({})).position;
    const { sequence } = await world.posted('ann', { holdReason: 'odd' });
    await world.posted('bob', { holdReason: 'odd' });
    await world.settled();
    expect(world.taken.size).toBe(0);
    const everything = {
      messages: { limit: 9, before: null },
      bySequence: [sequence],
      state: true,
      ofViewer: true,
    };
    expect(await read(everything)).toMatchObject({ messages: [], bySequence: [], heldBack: null, position });
    const carl = { id: 'carl', isModerator: false };
    expect(await read({ ...everything, viewer: carl })).toMatchObject({ bySequence: [], heldBack: null });
    const ann = await read({ ...everything, viewer: { id: 'ann', isModerator: false } });
    expect(ann.bySequence).toEqual(ann.heldBack);
    expect(ann).toMatchObject({ messages: [], heldBack: [{ sequence, text: 'text 1', heldBack: true }] });
    const mod = await read({ ...everything, viewer: moderatorView });
    expect(mod.heldBack?.map((message) => message.sequence)).toEqual([2, 1]);
    expect(mod.messages).toEqual([]);
    const unasked = await read({ bySequence: [sequence], viewer: moderatorView });
    expect(unasked).toMatchObject({ bySequence: [{ sequence }], heldBack: null });
  });

  test('returns to its old place, and its event has a new position', async () => {
    await world.watch();
    await world.posted('ann', { holdReason: 'odd' });
    await world.posted('bob');
    expect(await world.moderate('release', { sequence: 1 })).toBeNull();
    await world.settled();
    expect((await world.page()).map(({ sequence }) => sequence)).toEqual([2, 1]);
    expect(world.eventsOf()).toEqual(['posted 2', 'released 1']);
    expect(await world.moderate('release', { sequence: 1 })).toBeNull();
    expect(await world.room.acts(0, 10)).toMatchObject([
      { actorId: null, action: 'hold_back', sequence: 1, userId: 'ann', reason: 'odd' },
      { actorId: 'mod', action: 'release', sequence: 1 },
    ]);
  });

  test('goes without an event when its author deletes it', async () => {
    await world.watch();
    await world.posted('ann', { holdReason: 'odd' });
    expect(await world.room.remove({ actor: person('ann'), sequence: 1 })).toMatchObject({ deleted: true });
    await world.settled();
    expect(world.taken.size).toBe(0);
    expect((await read({ ofViewer: true, viewer: moderatorView })).heldBack).toEqual([]);
    expect(await world.moderate('release', { sequence: 1 })).toMatchObject({
      code: 'CHAT_MESSAGE_NOT_FOUND',
    });
  });

  test('is shown to moderators among the newest hundred', async () => {
    for (let made = 0; made < 102; made += 1) await world.posted('ann', { holdReason: 'odd' });
    const { heldBack } = await read({ ofViewer: true, viewer: moderatorView });
    expect([heldBack?.length, heldBack?.[0]?.sequence]).toEqual([100, 102]);
  });
});

describe('a young account', () => {
  const young = person('yan', { isYoung: true });

  test('is held back until a moderator has released a message of theirs here', async () => {
    expect((await world.posted(young)).heldBack).toBe(true);
    expect((await world.posted(young)).heldBack).toBe(true);
    await world.moderate('release', { sequence: 1 });
    expect((await world.posted(young)).heldBack).toBe(false);
    expect((await world.posted(young, { holdReason: 'links' })).heldBack).toBe(true);
    expect((await world.page()).map(({ sequence }) => sequence)).toEqual([3, 1]);
  });

  test('of staff is not held back', async () => {
    expect((await world.posted(person('tim', { isYoung: true, role: 'team' }))).heldBack).toBe(false);
  });
});

describe('a deletion', () => {
  test('leaves an empty message in its place, and no text in storage', async () => {
    await world.watch();
    await world.posted('ann', { text: 'canary', links: ['https://canary'] });
    await world.react('bob', 1);
    await world.settled();
    const removed = await world.room.remove({ actor: person('ann'), sequence: 1 });
    const empty = { text: '', links: [], reactions: [], deleted: true };
    expect(removed).toMatchObject(empty);
    expect(await world.page()).toMatchObject([empty]);
    expect((await world.room.exportRows(null, 100))?.lines).not.toContain('canary');
    await world.room.remove({ actor: person('ann'), sequence: 1 });
    await world.settled();
    expect(world.eventsOf()).toEqual(['posted 1', 'reacted 1', 'deleted 1']);
    expect(await world.room.acts(0, 10)).toEqual([]);
  });

  test('is for its author and moderators, and theirs is recorded', async () => {
    await world.posted('ann');
    const remove = (actor = person('bob'), sequence = 1) => world.room.remove({ actor, sequence });
    expect(await remove()).toMatchObject({ code: 'CHAT_NOT_ALLOWED' });
    expect(await remove(person('tim', { role: 'team' }))).toMatchObject({ code: 'CHAT_NOT_ALLOWED' });
    expect(await remove(person('ann'), 2)).toMatchObject({
      code: 'CHAT_MESSAGE_NOT_FOUND',
      field: ['messageId'],
    });
    expect(await remove(person('tam', { role: 'team', isModerator: true }))).toMatchObject({ deleted: true });
    expect(await world.room.acts(0, 10)).toMatchObject([
      { number: 1, actorId: 'tam', action: 'delete', sequence: 1, userId: 'ann' },
    ]);
  });
});

describe('a reaction', () => {
  test('counts once a user and kind, and only a change is told', async () => {
    await world.watch();
    await world.posted('ann');
    await world.react('bob', 1);
    await world.settled();
    const { position } = await read({});
    expect(await world.react('bob', 1)).toMatchObject({ reactions: [{ kind: 'like', count: 1 }] });
    await world.react('cat', 1, true);
    expect((await read({})).position).toBe(position);
    await world.room.react({ actor: person('bob'), sequence: 1, kind: 'warning', remove: false });
    const both = [
      { kind: 'like', count: 2 },
      { kind: 'warning', count: 1 },
    ];
    expect(await world.react('cat', 1)).toMatchObject({ reactions: both });
    expect(await world.react('bob', 1, true)).toMatchObject({
      reactions: [
        { kind: 'like', count: 1 },
        { kind: 'warning', count: 1 },
      ],
    });
    await world.settled();
    expect(world.eventsOf().filter((event) => event === 'posted 1')).toHaveLength(1);
    expect(world.eventsOf().at(-1)).toBe('reacted 1');
  });

  test('to a message that is deleted, held back or not there is refused, also to its author', async () => {
    await world.posted('ann');
    await world.posted('ann', { holdReason: 'odd' });
    await world.room.remove({ actor: person('ann'), sequence: 1 });
    for (const sequence of [1, 2, 3])
      expect(await world.react('ann', sequence)).toMatchObject({
        ...{ code: 'CHAT_MESSAGE_NOT_FOUND', field: ['input', 'messageId'] },
      });
  });
});

describe('reports', () => {
  test('by three accounts hold a message back until it is released, and not again', async () => {
    await world.watch();
    await world.posted('ann', { text: 'canary' });
    await world.react('bob', 1);
    await world.settled();
    expect(await world.report('rep-1', 1)).toBe(true);
    expect(await world.report('rep-1', 1)).toBe(true);
    expect(await world.report('rep-2', 1)).toBe(true);
    expect(await world.page()).toHaveLength(1);
    expect(await world.report('rep-3', 1)).toBe(true);
    await world.settled();
    expect(await world.page()).toEqual([]);
    const gone = world.taken.get('hub')?.at(-1);
    expect(gone).toMatchObject([
      {
        entity: 'message:1',
        value: { kind: 'held_back', message: { text: '', links: [], reactions: [], heldBack: true } },
      },
    ]);
    expect(JSON.stringify(gone)).not.toContain('canary');
    expect(await world.room.acts(0, 10)).toMatchObject([
      {
        actorId: null,
        action: 'hold_back',
        sequence: 1,
        userId: 'ann',
        reason: 'It was reported by 3 accounts.',
      },
    ]);
    // Known to have been reported, and not seen by anybody else.
    expect(await world.report('rep-3', 1)).toBe(true);
    expect(await world.report('rep-4', 1)).toBe(false);
    await world.moderate('release', { sequence: 1 });
    for (const reporter of ['rep-4', 'rep-5', 'rep-6']) expect(await world.report(reporter, 1)).toBe(true);
    expect(await world.page()).toHaveLength(1);
  });

  test('of who may not post, of the author and about staff are not recorded', async () => {
    await world.posted('ann');
    await world.posted(person('tim', { role: 'team' }));
    await world.moderate('mute', { userId: 'mute' });
    await world.moderate('ban', { userId: 'banned', seconds: 60 });
    for (const reporter of ['ann', 'mute', 'banned']) expect(await world.report(reporter, 1)).toBe(false);
    const young = person('yan', { isYoung: true });
    expect(await world.room.report({ reporter: young, sequence: 1, reason: '' })).toBe(false);
    expect(await world.report('bob', 2)).toBe(false);
    expect(await world.report('bob', 3)).toBe(false);
    world.pass(60);
    expect(await world.report('banned', 1)).toBe(true);
  });
});
