import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leadsOf } from '../../../../src/chat/rules/message-leads.ts';
import { isPhishingHost } from '../../../../src/chat/rules/phishing-hosts.ts';
import { disguised } from './disguised.ts';

const ALLOWED = ['com2000.example'];
const leads = (text: string) => leadsOf(text, ALLOWED);
const isKnown = (text: string) => leads(text).hosts.some((host) => isPhishingHost(host, ['thieves.example']));

describe('links that may be followed', () => {
  it('are https URLs of allowed hosts and their subdomains, as they stand in the text', () => {
    const text = 'See https://com2000.example/a?b=1#c, (https://docs.com2000.example/x).';
    expect(leads(text)).toMatchObject({
      links: ['https://com2000.example/a?b=1#c', 'https://docs.com2000.example/x'],
      hasLink: false,
      lookalikes: false,
    });
  });

  it.each([
    'http://com2000.example/',
    'https://com2000.example:8443/',
    'https://a@com2000.example/',
    'https://com2000.example@evil.io/',
    'https://evilcom2000.example/',
    'https://com2000.example.evil.io/',
    'https://evil.io/https://com2000.example/',
    'https://com2000.example/go?to=https://evil.io',
    'https://com2000.example/go?to=%68ttps%3A%2F%2fevil.io',
    'https://com2000.example/go?to=%2568ttps:evil',
  ])('are not: %s', (text) => {
    expect(leads(text).links).toEqual([]);
  });

  it('end where a character stands that browsers read in another way', () => {
    expect(leads('javascript:https://com2000.example\\@evil.io/').links).toEqual(['https://com2000.example']);
  });

  it('have no characters that mean something in HTML', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (end) => {
        for (const link of leads(`https://com2000.example/${end}`).links) {
          expect(link).not.toMatch(/[\s"'<>\\`{}]/);
          expect(new URL(link).hostname).toBe('com2000.example');
        }
      }),
    );
  });
});

describe('what leads out', () => {
  it.each([
    ...[
      'https://evil.io',
      'HXXPS://evil[.]io/x',
      'hxxp://evil(dot)io',
      'evil.io',
      'www.evil.is',
      'evil . com',
      'evil dot com',
    ],
    ...[
      'evil．com',
      'evil。com',
      'еvil.соm',
      'xn--80ak6aa92e.com',
      't.me/nova',
      'wa.me/4477',
      'http://3232235777/',
      'http://0x7f.1',
    ],
    ...[
      '203.0.113.9:8080/x',
      'ftp://evil.io',
      'bob@evil.io',
      'claim-nova.so',
      'novaclaim [dot] app',
      'novaclaim (.) vip',
      'novaclaim . app',
      'novaclaim (com)',
      'novaclaim,com',
      'novaclaim*com',
      'hxxps[:]//x.y',
      'novaclaim point com',
      'nova d o t com',
      'https:// evil. com',
      '\u202devil.com',
    ],
  ])('is found: %s', (text) => {
    expect(leads(text).hasLink).toBe(true);
  });

  it.each([
    ...[
      'v1.2.3',
      '0.5$',
      '1.000,50',
      'readme.md',
      'Node.js',
      'src/index.ts',
      'e.g. this',
      'the U.S. and N.Y.',
      '10.0.0.12',
    ],
    ...[
      'It worked.Then not',
      'tell me.so what',
      'hmm...ok',
      '18:30',
      'a/b',
      'com2000.example',
      'https://com2000.example/x',
      '3.5x',
    ],
  ])('is not found: %s', (text) => {
    expect(leads(text).hasLink).toBe(false);
  });

  it.each([
    'https://corn2000.example',
    'https://сom2000.example',
    'c0m2000.io',
    'com2000-claim.com',
    'http://com2000.example.evil.io',
  ])('looks like the platform: %s', (text) => expect(leads(text).lookalikes).toBe(true));

  it('does not look like the platform by another name', () => {
    expect(leads('https://com2000.example and https://nova.io').lookalikes).toBe(false);
  });
});

describe('a host of the list', () => {
  it.each([
    ...[
      'azukishop.live',
      'https://www.azukishop.live/x?y',
      'AZUKISHOP.LIVE.',
      'azukishop[.]live',
      'azukishop . live',
      'x@azukishop.live',
    ],
    ...[
      'https://a:b@azukishop.live:444/',
      'azukishop (dot) live',
      'a z u k i s h o p . l i v e',
      'azukishop [ . ] live',
      'thieves.example',
      'https://a.thieves.example/',
    ],
  ])('is known: %s', (text) => expect(isKnown(text)).toBe(true));

  it.each([
    'notazukishop.live',
    'azukishop.live.example',
    'azukishop',
    'metamask.io',
    'opensea.io',
    'github.com',
  ])('is not known: %s', (text) => expect(isKnown(text)).toBe(false));

  it('is known with hidden and confusable characters, in a sentence', () => {
    fc.assert(
      fc.property(disguised(['azukishop.live']), (host) => {
        expect(isKnown(`see ${host} now`)).toBe(true);
        expect(isKnown(`https://${host}/claim`)).toBe(true);
      }),
    );
  });
});
