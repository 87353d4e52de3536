import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { areVerified, findAddresses } from '../../../../src/chat/rules/find-addresses.ts';
import { plainForm } from '../../../../src/chat/rules/matching-form.ts';

const EVM = '0x71C7656EC7ab88b098defB751B7401B5f6d8976F';
const found = (text: string) => findAddresses(plainForm(text));

describe('addresses', () => {
  it.each([
    ['of Ethereum', EVM],
    ['without its beginning', EVM.slice(2)],
    ['in one case', EVM.toLowerCase()],
    ['in one case without its beginning', EVM.slice(2).toLowerCase()],
    ['with half of its beginning', EVM.slice(1)],
    ['of Polkadot', '15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5'],
    ['of Stellar', 'GAAZI4TCR3TY5OJHCTJC2A4QSY6CJWJH5IAJTGKIN2ER7LBNVKOCCWN7'],
    [
      'of Cardano',
      `addr1${'qx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer3n0d3vllmyqwsx5wktcd8cc3sq835lu7drv2xwl2wywfgse35a3x'.slice(0, 98)}`,
    ],
    ['in wide letters', EVM.replaceAll('7', '７').replace('0x', '０ｘ')],
    ['in Cyrillic letters', EVM.replace('x', 'х').replace('C', 'С').replace('a', 'а')],
    ['with spaces', '0x71C7 656EC7ab 88b098defB751B 7401B5 f6d8976F'],
    ['with lines', '0x71C7656EC7ab88b098de\nfB751B7401B5f6d8976F'],
    ['of Solana', '7EcDhSYGxXyscszYEp35KHN8vvw3svAuLKTzXwCFLtV'],
    ['of Tron', 'TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC'],
    ['of Bitcoin', '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa'],
    ['of Bitcoin, Bech32', 'bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq'],
    ['of TON', 'EQDtFpEwcFAEcRe5mLVh2N6C0x-_hJEM7W61_JLnSF74p4q2'],
  ])('one is found: %s', (_, address) => {
    expect(found(`send to ${address}, thanks`)).not.toEqual([]);
    expect(areVerified(found(`send to ${address}`), [EVM.replace('71', '72')])).toBe(false);
  });

  it.each([
    ['a hash of a transaction', '0x88df016429689c079f3b2f6ad39fa052532c56795b733da78a91ebe6a713944b'],
    ['a commit', 'commit 356a192b7913b04c54574d18c28d46e6395428ab'],
    ['a long word', 'Donaudampfschifffahrtsgesellschaftskapitaen'],
    ['a UUID', '123e4567-e89b-42d3-a456-426614174000'],
    ['words behind 0x', '0x dead beef a bad cafe face'],
    ['a number', '1000000000000000000000000000000000000000'],
  ])('none is found in %s', (_, text) => {
    expect(found(`see ${text} there`)).toEqual([]);
  });

  it('are verified in any case, if every one is', () => {
    expect(areVerified(found(EVM.toLowerCase()), [EVM])).toBe(true);
    expect(areVerified(found(`${EVM} 0x${'1'.repeat(40)}`), [EVM])).toBe(false);
    expect(areVerified([], [])).toBe(true);
  });

  it('are found with hidden characters anywhere', () => {
    fc.assert(
      fc.property(
        fc.nat(EVM.length),
        fc.constantFrom('\u200b', '\u200d', '\u2060', '\u00ad', '\ufe0f'),
        (at, hidden) => {
          expect(found(`${EVM.slice(0, at)}${hidden}${EVM.slice(at)}`)).toContain(EVM);
        },
      ),
    );
  });
});
