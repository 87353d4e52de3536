import fc from 'fast-check';
import { expect, test } from 'vitest';
import { messageId, parseMessageId } from '../../../src/chat/message-id.ts';
import { roomKey } from '../../../src/chat/room-key.ts';

test('the id of a message names its room and its place, whatever the id of the project is', () => {
  const subjects = fc.constantFrom('project' as const, 'pool' as const);
  fc.assert(
    fc.property(
      ...[subjects, fc.string({ minLength: 1, unit: 'grapheme' }), fc.nat(1e12)],
      (subject, id, number) => {
        const address = { room: roomKey(subject, id), sequence: number + 1 };
        expect(parseMessageId(messageId(address))).toEqual(address);
      },
    ),
  );
});

test.each([
  ...['', 'project:a', 'project:a/', 'project:a/0', 'project:a/01', 'project:a/-1', 'planet:a/1', '/1'],
  'project:/1',
])('"%s" is no id of a message', (text) => expect(parseMessageId(text)).toBeNull());
