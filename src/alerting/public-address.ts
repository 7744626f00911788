import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The one block of IPv6 that is given out to the public; what embeds an IPv4 address elsewhere leads anywhere. */
const GLOBAL = ipaddr.IPv6.parseCIDR('2000::/3');
/** Public by its looks, and the host's own in one cloud. */
const OF_THE_HOST = new Set(['168.63.129.16']);

/** Whether an IP address is of the public internet: not private, loopback, link-local, mapped to one of those, or reserved. */
export function isPublicAddress(address: string): boolean {
  const plain = plainAddress(address);
  if (plain === undefined) return false;
  const parsed = ipaddr.process(plain);
  if (parsed.range() !== 'unicast' || OF_THE_HOST.has(parsed.toString())) return false;
  return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL);
}

/** One spelling of each: `::8.8.8.8` is no mapped address, though the library takes it for one. */
function plainAddress(address: string): string | undefined {
  if (isIP(address) === 4) return address;
  const url = `http://[${address}]`;
  return isIP(address) === 6 && URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : undefined;
}

/** A name that leads to an address which must not be asked. */
export class PrivateAddressError extends Error {
  constructor(host: string, address: string) {
    super(`${host} has the address ${address}, which is not public. Set ALERT_ALLOW_PRIVATE=true to allow it.`);
    this.name = 'PrivateAddressError';
  }
}

/** Looks a name up for a connection, which then goes to the very address that was checked. */
export const lookupPublic: LookupFunction = (host, options, answer) => {
  lookup(host, { ...options, all: true }, (error, found) => {
    const addresses = found ?? [];
    const wrong = addresses.find(({ address }) => !isPublicAddress(address));
    const failure = error ?? (wrong && new PrivateAddressError(host, wrong.address));
    const [first] = addresses;
    if (failure || !first) answer(failure ?? new Error(`${host} has no address`), []);
    else if (options.all) answer(null, addresses);
    else answer(null, first.address, first.family);
  });
};
