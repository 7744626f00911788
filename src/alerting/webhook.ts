import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { Webhook } from 'standardwebhooks';
import type { AlertTarget } from './alerting.options.ts';
import { isPublicAddress, lookupPublic, PrivateAddressError } from './public-address.ts';

const TIMEOUT_MS = 10_000;

/**
 * Sends a payload, signed (Standard Webhooks), and answers the HTTP status; redirects are answers like any other, and a
 * body is not read. Throws {@link PrivateAddressError}, and what the connection throws.
 */
export function sendWebhook(
  { url, secret }: AlertTarget,
  { id, payload, allowPrivate }: { id: string; payload: string; allowPrivate: boolean },
): Promise<number> {
  const { protocol, hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  // An address is not looked up. Errors name the host alone: the rest of a webhook's address is often a secret.
  if (!allowPrivate && isIP(host) && !isPublicAddress(host)) throw new PrivateAddressError(host, host);
  if (!allowPrivate && protocol !== 'https:') throw new Error(`The webhook at ${host} needs https.`);
  const now = new Date();
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(payload)),
    'user-agent': 'synctrail',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, now, payload),
  };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const options = {
    method: 'POST',
    headers,
    signal,
    agent: false,
    ...(!allowPrivate && { lookup: lookupPublic }),
  } as const;
  return new Promise((resolve, reject) => {
    const sent = (protocol === 'https:' ? requestHttps : requestHttp)(url, options, (response) => {
      resolve(response.statusCode!);
      response.on('error', () => undefined).destroy();
    });
    // Also what comes after the first: an error that nobody hears ends the process.
    sent.on('error', reject);
    sent.end(payload);
  });
}
