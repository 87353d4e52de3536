import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clientNetwork } from '../../../src/auth/client-network.ts';
import { requestClientHeaders, requestClientOf } from '../../../src/auth/request-client.ts';
import { USER_AGENT_MAX_CHARACTERS } from '../../../src/config.ts';

const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
const written = (numbers: readonly number[]) => numbers.map((group) => group.toString(16));

describe('the network of a client', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7', '203.0.113.7'],
    ['0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7', '203.0.113.7'],
    ['2001:DB8:0:1::a', '2001:db8:0:1::/64', '2001:db8:0:1::a'],
    ['2001:db8::', '2001:db8:0:0::/64', '2001:db8::'],
    ['2001:0db8:0000:0001:0000:0000:0000:000a', '2001:db8:0:1::/64', '2001:db8:0:1::a'],
    ['::1', '0:0:0:0::/64', '::1'],
    ['::', '0:0:0:0::/64', '::'],
  ])('%s is of %s', (address, network, ipAddress) => {
    expect(clientNetwork(address)).toEqual({ network, ipAddress });
  });

  test.each([
    '',
    'unknown',
    '1',
    '1.2.3',
    '256.0.0.1',
    '01.2.3.4',
    '0x7f.0.0.1',
    '1.2.3.4.',
    '1.2.3.4:80',
    '1.2.3.4, 5.6.7.8',
    ' 1.2.3.4',
    '1.2.3.4/8',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '::12345',
    '::ffff:256.0.0.1',
    'fe80::1%eth0',
    'fe80::1%25eth0',
    '[::1]',
    '::1]:80/[',
    '2001:db8::/64',
    '2001:db8::g',
  ])('%j is no address', (address) => {
    expect(clientNetwork(address)).toBeNull();
  });

  test('an IPv6 address has the network of its first 64 bits, in any form of writing', () => {
    fc.assert(
      fc.property(groups, groups, (address, other) => {
        // An IPv4 address in IPv6 has the IPv4 network.
        fc.pre(address.slice(0, 5).some((group) => group !== 0));
        const long = written(address).map((group) => group.padStart(4, '0').toUpperCase());
        const expected = `${written(address.slice(0, 4)).join(':')}::/64`;
        expect(clientNetwork(long.join(':'))?.network).toBe(expected);
        expect(clientNetwork(written(address).join(':'))?.network).toBe(expected);
        const neighbour = [...address.slice(0, 4), ...other.slice(4)];
        expect(clientNetwork(written(neighbour).join(':'))?.network).toBe(expected);
      }),
    );
  });

  test('any text has a network of one of two forms, or none', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[\da-f:.]{1,40}$/), fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(text, (address) => {
        const found = clientNetwork(address);
        if (found === null) return;
        expect(found.network).toMatch(/^(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f]{1,4}(?::[\da-f]{1,4}){3}::\/64)$/);
        expect(clientNetwork(found.ipAddress)).toEqual(found);
      }),
    );
  });
});

describe('the sender of a request', () => {
  test('has the address that the platform says, and that of no other header', () => {
    const headers = new Headers({
      'CF-Connecting-IP': '2001:db8:0:1::a',
      'X-Forwarded-For': '203.0.113.7',
      'X-Real-IP': '203.0.113.7',
      'True-Client-IP': '203.0.113.7',
      'CF-Connecting-IPv6': '2001:db8:ffff::1',
      'User-Agent': 'a browser',
      Origin: 'https://app.example',
    });
    expect(requestClientOf(headers)).toEqual({
      network: '2001:db8:0:1::/64',
      ipAddress: '2001:db8:0:1::a',
      userAgent: 'a browser',
      origin: 'https://app.example',
      traceparent: null,
    });
  });

  test('has a trace if its form is right', () => {
    const traceOf = (traceparent: string) => requestClientOf(new Headers({ traceparent })).traceparent;
    const [trace, span] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
    expect(traceOf(`00-${trace}-${span}-01`)).toBe(`00-${trace}-${span}-01`);
    for (const wrong of [
      'x',
      `00-${trace}-${span}`,
      `00-${'0'.repeat(32)}-${span}-01`,
      `00-${trace}-${'0'.repeat(16)}-01`,
    ])
      expect([wrong, traceOf(wrong)]).toEqual([wrong, null]);
  });

  test('shares one network with all whose address is not known', () => {
    const unknown = { network: 'unknown', ipAddress: null, userAgent: null, origin: null, traceparent: null };
    expect(requestClientOf(new Headers())).toEqual(unknown);
    expect(requestClientOf(new Headers({ 'CF-Connecting-IP': '203.0.113.7, 203.0.113.8' }))).toEqual(unknown);
  });

  test('is the same when its headers are passed on', () => {
    const header = fc.option(fc.string({ minLength: 1, unit: fc.constantFrom('a', '/', ' ', '.') }));
    fc.assert(
      fc.property(fc.option(fc.oneof(fc.ipV4(), fc.ipV6())), header, header, (address, userAgent, origin) => {
        const named = { 'CF-Connecting-IP': address, 'User-Agent': userAgent, Origin: origin };
        const sent = Object.entries(named).filter((entry): entry is [string, string] => entry[1] !== null);
        const client = requestClientOf(new Headers(sent));
        expect(requestClientOf(new Headers(requestClientHeaders(client)))).toEqual(client);
      }),
    );
  });

  test('has a user agent of bounded length', () => {
    const headers = new Headers({ 'User-Agent': 'x'.repeat(5_000) });
    expect(requestClientOf(headers).userAgent).toHaveLength(USER_AGENT_MAX_CHARACTERS);
  });
});
