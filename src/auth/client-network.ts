/**
 * The network of a client, for limits: an IPv4 address, or the first 64 bits of an IPv6 address, which one subscriber has
 * whole (RFC 6177). An IPv4 address that is written as IPv6 (RFC 4291, section 2.5.5.2) is the IPv4 address.
 */
import * as z from 'zod';

export interface ClientNetwork {
  /** An address as `203.0.113.7`, or a network as `2001:db8:0:1::/64`. */
  network: string;
  /** The address in its shortest form. */
  ipAddress: string;
}

const ipv4 = z.ipv4();
const IPV6_CHARACTERS = /^[\da-f:.]+$/i;
const IPV4_MAPPED = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/;

/** @returns null if the text is no address. One with a zone (`fe80::1%eth0`) has a meaning on its own host alone. */
export function clientNetwork(address: string): ClientNetwork | null {
  if (ipv4.safeParse(address).success) return { network: address, ipAddress: address };
  const url = `http://[${address}]`;
  if (!IPV6_CHARACTERS.test(address) || !URL.canParse(url)) return null;
  // URL writes each IPv6 address in one way (https://url.spec.whatwg.org/#concept-ipv6-serializer).
  const ipAddress = new URL(url).hostname.slice(1, -1);
  const [, high, low] = IPV4_MAPPED.exec(ipAddress) ?? [];
  if (high !== undefined && low !== undefined) {
    const bytes = [high, low].flatMap((group) => {
      const bits = Number.parseInt(group, 16);
      return [bits >> 8, bits & 0xff];
    });
    const mapped = bytes.join('.');
    return { network: mapped, ipAddress: mapped };
  }
  return { network: `${groupsOf(ipAddress).slice(0, 4).join(':')}::/64`, ipAddress };
}

/** The eight groups; `::` stands for the zeros that are left out. */
function groupsOf(ipAddress: string): string[] {
  const [left = [], right = []] = ipAddress.split('::').map((half) => half.split(':').filter(Boolean));
  return [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
}
