import ipaddr from 'ipaddr.js';

/** Names of ranges that Fastify knows. */
const NAMES = new Set(['loopback', 'linklocal', 'uniquelocal']);

/** Whether a text names the addresses of proxies: one, a range in CIDR notation, or a name. */
export function isProxyRange(text: string): boolean {
  return NAMES.has(text) || ipaddr.isValid(text) || ipaddr.isValidCIDR(text);
}
