import { describe, expect, it } from 'vitest';
import type { ChatRole } from '../../../../src/chat/room-calls.ts';
import { screenMessage } from '../../../../src/chat/rules/screen-message.ts';
import { HELD_OUT_ORDINARY } from './messages/held-out-ordinary.ts';
import { HELD_OUT_SCAMS } from './messages/held-out-scams.ts';
import { ORDINARY } from './messages/ordinary.ts';
import { SCAMS } from './messages/scams.ts';
import { LINK_HOSTS, NOVA_ROOM, type SentMessage } from './messages/sent-message.ts';

const screened = (
  { text, from, kycLevel }: Pick<SentMessage, 'text' | 'from' | 'kycLevel'>,
  role: ChatRole = 'member',
) =>
  screenMessage({
    text,
    author: { displayName: from, role, kycLevel },
    room: NOVA_ROOM,
    linkHosts: LINK_HOSTS,
    phishingHosts: ['thieves.example'],
  });

describe('40 messages of thieves', () => {
  it('are 40', () => expect(SCAMS).toHaveLength(40));

  it.each(SCAMS.map((scam) => [scam.about, scam] as const))('one is stopped: %s', (_, scam) => {
    const { holdReason, refusal, links } = screened(scam);
    expect(holdReason ?? refusal).not.toBeNull();
    expect(links).toEqual([]);
  });
});

describe('40 ordinary messages', () => {
  it('are 40', () => expect(ORDINARY).toHaveLength(40));

  it.each(ORDINARY.map((message) => [message.about, message] as const))('one passes: %s', (_, message) => {
    expect(screened(message)).toMatchObject({ holdReason: null, refusal: null });
  });
});

describe('messages of thieves that the rules were not written for', () => {
  it.each(HELD_OUT_SCAMS.map((scam) => [scam.about, scam] as const))('one is stopped: %s', (_, scam) => {
    const { holdReason, refusal } = screened(scam);
    expect(holdReason ?? refusal).not.toBeNull();
  });

  it.each(HELD_OUT_ORDINARY.map((message) => [message.about, message] as const))(
    'an ordinary one close to them passes: %s',
    (_, message) => expect(screened(message)).toMatchObject({ holdReason: null, refusal: null }),
  );
});

describe('a message', () => {
  const from = 'Priya';
  const link = 'Look at https://nova.io/';

  it('of an unfit text is refused as the field says', () => {
    expect(screened({ text: ' ', from, kycLevel: 1 }).refusal).toMatchObject({
      code: 'VALIDATION_FAILED',
      field: ['input', 'text'],
    });
  });

  it('with a link waits if its author is not identified, and its link is no link in either case', () => {
    expect(screened({ text: link, from, kycLevel: 0 })).toMatchObject({
      holdReason: 'A link of an account without identification.',
      links: [],
    });
    expect(screened({ text: link, from, kycLevel: 1 })).toMatchObject({ holdReason: null, links: [] });
  });

  it('with an unknown address waits whoever is identified', () => {
    const text = `0x${'1'.repeat(40)}`;
    expect(screened({ text, from, kycLevel: 3 }).holdReason).not.toBeNull();
  });

  it.each(['moderator', 'team'] as const)('of a %s is not held back, and their name is theirs', (role) => {
    for (const { text } of SCAMS.filter(({ about }) => about.startsWith('asks') || about.startsWith('an'))) {
      expect(screened({ text, from: 'COM2000 Support', kycLevel: 0 }, role).holdReason).toBeNull();
    }
    expect(screened({ text: 'Hi', from: 'COM2000 Support', kycLevel: 0 }, role).refusal).toBeNull();
  });

  it.each(['member', 'moderator', 'team'] as const)(
    'that names a host of thieves is refused to a %s',
    (role) => {
      for (const text of ['thieves.example', 'azukishop[.]live', 'https://com2000.example.evil.io/']) {
        expect(screened({ text, from, kycLevel: 2 }, role)).toMatchObject({
          links: [],
          holdReason: null,
          refusal: { code: 'CHAT_MESSAGE_REFUSED' },
        });
      }
    },
  );

  it('of the greatest size ends, whatever it repeats', () => {
    for (const part of [
      'a.',
      '/',
      ' .',
      '@a.b',
      '0x a ',
      'A1',
      '[ . ',
      'https://',
      'a b ',
      'never ',
      '+1 ',
      'my ',
      'я',
      'ﷺ',
      '𝐚',
    ]) {
      const text = part.repeat(Math.floor(500 / [...part].length));
      expect(screened({ text, from: part.repeat(50), kycLevel: 1 })).toBeDefined();
    }
  });
});
