import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalisedEmail } from '../../../src/auth/email-address.ts';

const LONGEST_DOMAIN = `${`${'d'.repeat(63)}.`.repeat(3)}${'e'.repeat(55)}.com`;

const ADDRESSES: Record<string, string> = {
  'alice@example.com': 'alice@example.com',
  'Alice.Smith@Example.COM': 'alice.smith@example.com',
  '  \t alice@example.com\r\n': 'alice@example.com',
  '\u00a0\u3000alice@example.com\ufeff': 'alice@example.com',
  'alice+news@example.com': 'alice+news@example.com',
  'a.l.i.c.e@gmail.com': 'a.l.i.c.e@gmail.com',
  "o'brien!#$%&*/=?^_`{|}~-@example.com": "o'brien!#$%&*/=?^_`{|}~-@example.com",
  'a@b.co': 'a@b.co',
  'a@1.b2.co': 'a@1.b2.co',
  'a@sub-domain.example.com': 'a@sub-domain.example.com',
  // One character, or a letter and its mark.
  'jos\u00e9@example.com': 'jos\u00e9@example.com',
  'JOSE\u0301@example.com': 'jos\u00e9@example.com',
  'ａｌｉｃｅ＠ｅｘａｍｐｌｅ．ｃｏｍ': 'alice@example.com',
  'a@bücher.example': 'a@xn--bcher-kva.example',
  'a@BÜCHER.example': 'a@xn--bcher-kva.example',
  'a@bu\u0308cher.example': 'a@xn--bcher-kva.example',
  'a@XN--BCHER-KVA.example': 'a@xn--bcher-kva.example',
  'a@faß.de': 'a@xn--fa-hia.de',
  '用户@例え。テスト': '用户@xn--r8jz45g.xn--zckzah',
  'a@пример.рф': 'a@xn--e1afmkfd.xn--p1ai',
  // The sign of Kelvin is another letter K; a dotted I is not the letter i.
  '\u212aim@example.com': 'kim@example.com',
  '\u0130@example.com': 'i\u0307@example.com',
  '\u0130\u0316@example.com': 'i\u0316\u0307@example.com',
  [`${'l'.repeat(64)}@example.com`]: `${'l'.repeat(64)}@example.com`,
  [`${'é'.repeat(32)}@example.com`]: `${'é'.repeat(32)}@example.com`,
  [`ab@${LONGEST_DOMAIN}`]: `ab@${LONGEST_DOMAIN}`,
};

const NO_ADDRESSES: Record<string, string> = {
  'an empty text': '',
  'spaces alone': '   ',
  'no at sign': 'alice.example.com',
  'two at signs': 'alice@home@example.com',
  'two at signs, one of them full-width': 'alice＠home@example.com',
  'no local part': '@example.com',
  'no domain': 'alice@',
  'a space within': 'ali ce@example.com',
  'a space before the at sign': 'alice @example.com',
  'a space after the at sign': 'alice@ example.com',
  'a no-break space within': 'ali\u00a0ce@example.com',
  'a tab within': 'ali\tce@example.com',
  'a line break within': 'alice@example.com\r\nbcc: bob@example.com',
  'a NUL': 'alice\u0000@example.com',
  'a NUL at the end': 'alice@example.com\u0000',
  'a delete character': 'alice\u007f@example.com',
  'a zero-width space': 'ali\u200bce@example.com',
  'a zero-width space at the end': 'alice@example.com\u200b',
  'a zero-width joiner': 'ali\u200dce@example.com',
  'a soft hyphen': 'ali\u00adce@example.com',
  'a soft hyphen in the domain': 'alice@exam\u00adple.com',
  'a direction mark': 'alice\u202e@example.com',
  'a variation selector': 'alice\ufe0f@example.com',
  'a Hangul filler': 'alice\u3164@example.com',
  'a character of private use': 'alice\ue000@example.com',
  'an unassigned character': 'alice\u{e0080}@example.com',
  'half of a surrogate pair': 'alice\ud800@example.com',
  'half of a surrogate pair in the domain': 'alice@exam\udc00ple.com',
  'a quoted local part': '"alice"@example.com',
  'a quoted local part with a space': '"alice smith"@example.com',
  'a comment': 'alice(work)@example.com',
  'a name before it': 'Alice <alice@example.com>',
  'a list': 'alice@example.com,bob@example.com',
  'a dot at the beginning': '.alice@example.com',
  'a dot at the end': 'alice.@example.com',
  'two dots': 'ali..ce@example.com',
  'two dots, one of them another character': 'ali.\u2024ce@example.com',
  'one label': 'alice@localhost',
  'a dot at the end of the domain': 'alice@example.com.',
  'a dot at the beginning of the domain': 'alice@.example.com',
  'two dots in the domain': 'alice@example..com',
  'an address literal': 'alice@[127.0.0.1]',
  'an IPv6 literal': 'alice@[IPv6:::1]',
  'an IPv4 address': 'alice@127.0.0.1',
  'an IPv4 address in hexadecimal': 'alice@0x7f.0.0.1',
  'a number': 'alice@2130706433',
  'a port': 'alice@example.com:25',
  'a path': 'alice@example.com/inbox',
  'a query': 'alice@example.com?subject=hello',
  'a percent-encoded domain': 'alice@ex%61mple.com',
  'a domain with an underscore': 'alice@my_host.example.com',
  'a label that begins with a hyphen': 'alice@-example.com',
  'a label that ends with a hyphen': 'alice@example-.com',
  'a label of 64 characters': `alice@${'d'.repeat(64)}.com`,
  'a local part of 65 bytes': `${'l'.repeat(65)}@example.com`,
  'a local part of 66 bytes in 33 characters': `${'é'.repeat(33)}@example.com`,
  'an address of 255 bytes': `abc@${LONGEST_DOMAIN}`,
  'ten million letters': 'a'.repeat(10_000_000),
  'ten million spaces around an address': `${' '.repeat(10_000_000)}alice@example.com`,
  'ten million dots': `${'a.'.repeat(5_000_000)}@example.com`,
};

describe('an address is known by its normal form', () => {
  test.each(Object.entries(ADDRESSES))('%j', (text, normalised) => {
    expect(normalisedEmail(text)).toBe(normalised);
  });
});

describe('a text is no address if it has', () => {
  test.each(Object.entries(NO_ADDRESSES))('%s', (_, text) => {
    expect(normalisedEmail(text)).toBeNull();
  });
});

const anyText = fc.string({ unit: 'binary', maxLength: 40 });
const addressLike = fc
  .tuple(anyText, fc.constantFrom('@', '＠', '.', ''), anyText, fc.constantFrom('.com', '。рф', '.ﬁ', '.'))
  .map((parts) => parts.join(''));

test('a normal form is its own normal form, and 254 bytes in visible characters and an ASCII domain', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.emailAddress(),
        addressLike,
        fc.domain().map((domain) => `İßﬀ@${domain}`),
      ),
      (text) => {
        const normalised = normalisedEmail(text);
        if (normalised === null) return;
        expect(normalisedEmail(normalised)).toBe(normalised);
        expect(normalised).toMatch(/^[^\s\p{C}@]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+$/u);
        expect(new TextEncoder().encode(normalised).length).toBeLessThanOrEqual(254);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('an address is the same in any case, in any composition and with spaces around it', () => {
  fc.assert(
    fc.property(fc.emailAddress(), fc.constantFrom(' ', '\t', '\u3000'), (address, space) => {
      const asTyped = `${space}${address.toUpperCase().normalize('NFD')}${space}`;
      expect(normalisedEmail(asTyped)).toBe(address.length <= 254 ? address.toLowerCase() : null);
    }),
  );
});
