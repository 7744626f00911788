import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Whether an IP address is of the public internet: not private, loopback, link-local, mapped to one of those, or reserved. */
export function isPublicAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast';
}

/** A name that leads to an address which must not be asked. */
export class PrivateAddressError extends Error {
  constructor(host: string, address: string) {
    super(`${host} leads to ${address}, which is not public: set ALERT_ALLOW_PRIVATE=true if it is meant.`);
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
