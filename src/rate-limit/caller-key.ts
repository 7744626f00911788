import ipaddr from 'ipaddr.js';

/** A request, as far as it tells who sends it. */
export interface CallerRequest {
  /** Address of the connection, or what a trusted proxy says. */
  ip?: string;
  socket: { remoteAddress?: string };
  /** Who is authenticated, if anybody. */
  principal?: { id: string };
}

/** Whose requests are counted together: those of a principal, or of an address where nobody is authenticated. */
export function callerOf(request: CallerRequest): string {
  return request.principal ? `principal ${request.principal.id}` : addressOf(request);
}

/** The address of a request; of IPv6 its /64, because one customer has them all. */
export function addressOf(request: CallerRequest): string {
  const address = addressIn(request);
  if (!address) return 'address unknown';
  if (!(address instanceof ipaddr.IPv6) || address.range() === 'loopback') return `address ${address.toString()}`;
  const network = address.parts.slice(0, 4).map((part) => part.toString(16));
  return `address ${network.join(':')}::/64`;
}

/** The whole address of a request. */
export function ipOf(request: CallerRequest): string | undefined {
  return addressIn(request)?.toString();
}

function addressIn({ ip, socket }: CallerRequest): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  // A proxy may pass on whatever it was sent.
  const text = ip !== undefined && ipaddr.isValid(ip) ? ip : (socket.remoteAddress ?? '');
  return ipaddr.isValid(text) ? ipaddr.process(text) : undefined;
}
