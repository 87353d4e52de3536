import { describe, expect, it } from 'vitest';
import { screenMessage } from '../../../../src/chat/rules/screen-message.ts';
import { ORDINARY } from './messages/ordinary.ts';
import { SCAMS } from './messages/scams.ts';
import { LINK_HOSTS, NOVA_ROOM, type SentMessage } from './messages/sent-message.ts';

const screened = ({ text, from, kycLevel }: Pick<SentMessage, 'text' | 'from' | 'kycLevel'>) =>
  screenMessage({
    text,
    author: { displayName: from, role: 'member', kycLevel },
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
