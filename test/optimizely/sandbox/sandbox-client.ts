import { type Sandbox, type SandboxOptions, startSandbox } from '../../../src/optimizely/sandbox/sandbox.ts';

export const MANIFEST_TYPE = 'application/vnd.optimizely.cms.v1.manifest+json';
export const MERGE_PATCH = { 'content-type': 'application/merge-patch+json' };
export const FORCE = { 'cms-ignore-data-loss-warnings': 'true' };
export const REPRESENTATION = { prefer: 'return=representation' };

export const PAGE = {
  key: 'Recipe',
  displayName: 'Recipe',
  baseType: '_page',
  properties: { title: { type: 'string' } },
};
export const WARNING =
  "The changes to 'Recipe' are considered breaking and could potentially result in data loss. Use the 'ignoreDataLossWarnings' option to apply the changes anyway.";

export let sandbox: Sandbox;
export let token: string;

export interface Body {
  [name: string]: Body;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: Body;
}

export interface Sent {
  headers?: Record<string, string>;
  body?: unknown;
  rawBody?: string | Uint8Array<ArrayBuffer>;
}

export async function start(options?: SandboxOptions): Promise<void> {
  sandbox = await startSandbox(options);
  token = accessTokenOf(await requestToken({}));
}

export function accessTokenOf({ text }: Answer): string {
  const { access_token: accessToken }: { access_token: string } = JSON.parse(text);
  return accessToken;
}

export async function restart(options: SandboxOptions): Promise<void> {
  await sandbox.close();
  await start(options);
}

export async function call(method: string, path: string, { headers, body, rawBody }: Sent = {}): Promise<Answer> {
  const isForm = body instanceof URLSearchParams;
  const response = await fetch(sandbox.url + path, {
    method,
    headers: { ...(!isForm && (body ?? rawBody) !== undefined && { 'content-type': 'application/json' }), ...headers },
    body: isForm ? body : (rawBody ?? JSON.stringify(body)),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, text, body: isJson ? parsed(text) : {} };
}

export function parsed(text: string): Body {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

export function authorized(headers: Record<string, string> = {}): Sent {
  return { headers: { authorization: `Bearer ${token}`, ...headers } };
}

export function api(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> {
  return call(method, `/v1${path}`, { ...authorized(headers), body });
}

export function control(method: string, path: string, body?: unknown): Promise<Answer> {
  return call(method, `/_sandbox${path}`, { body });
}

export function requestToken(credentials: object, path = '/oauth/token'): Promise<Answer> {
  const demo = { grant_type: 'client_credentials', client_id: 'demo-client', client_secret: 'demo-secret' };
  return call('POST', path, { body: { ...demo, ...credentials } });
}

export function push(manifest: object, headers?: Record<string, string>): Promise<Answer> {
  return api('POST', '/manifest', manifest, { 'content-type': MANIFEST_TYPE, ...headers });
}

export function patch(change: object, headers?: Record<string, string>): Promise<Answer> {
  return api('PATCH', '/contenttypes/Recipe', change, { ...MERGE_PATCH, ...headers });
}

export function remove(key: string): Promise<Answer> {
  return api('DELETE', `/contenttypes/${key}`);
}

export async function recipe(): Promise<{ etag: string; lastModified: string }> {
  const { headers } = await api('GET', '/contenttypes/Recipe');
  return { etag: headers.get('etag')!, lastModified: headers.get('last-modified')! };
}

export async function fault(...faults: object[]): Promise<void> {
  expect(await control('POST', '/faults', { faults })).toMatchObject({ status: 204 });
}

export async function statusesOf(calls: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let call = 0; call < calls; call++) statuses.push((await api('GET', '/manifest')).status);
  return statuses;
}

export async function journal(): Promise<Body[]> {
  return Object.values((await control('GET', '/journal')).body);
}

export function keys(items: unknown): string[] {
  const resources: { key: string }[] = JSON.parse(JSON.stringify(items));
  return resources.map(({ key }) => key);
}

export function property(definition: object): { properties: object } {
  return { properties: { p: definition } };
}

/** Uses this token from now on. */
export function useToken(other: string): void {
  token = other;
}

/** Talks to the sandbox at this address from now on. */
export function useSandbox(url: string): void {
  sandbox = { url, close: () => Promise.resolve() };
}
