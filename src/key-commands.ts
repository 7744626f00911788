import { userInfo } from 'node:os';
import { type ApiKey, ApiKeys, KeyParams, KeyRequestDto, KeyRevocationDto } from '#keys';
import { assertNone, ProblemList, readDto } from '#validation';
import { runInApplication } from './database-commands.ts';

/** What `keys create` is told. */
export interface KeyOptions {
  name: string;
  grant: string[];
  expires?: string;
  json?: true;
}

/** Keys that one list shows, the newest ones. */
const MAX_LISTED = 1_000;

export function createKey({ name, grant, expires, json }: KeyOptions): Promise<void> {
  return runInApplication(async (app) => {
    const asked = { name, grants: grant, expiresAt: expires, actor: administrator() };
    const { actor: createdBy, ...request } = read(KeyRequestDto, asked);
    const { key, text } = await app.get(ApiKeys).create({ ...request, createdBy });
    if (json) return JSON.stringify({ ...key, key: text });
    return `${lineOf(key)}\nKeep this key: nobody can see it again.\n${text}`;
  });
}

export function listKeys({ json }: { json?: true }): Promise<void> {
  return runInApplication(async (app) => {
    const keys = await app.get(ApiKeys).list(MAX_LISTED);
    if (json) return JSON.stringify({ items: keys });
    return keys.length === 0 ? 'There are no keys.' : keys.map(lineOf).join('\n');
  });
}

export function revokeKey(id: string, { reason }: { reason: string }): Promise<void> {
  return runInApplication(async (app) => {
    const request = read(KeyRevocationDto, { reason, actor: administrator() });
    return lineOf(await app.get(ApiKeys).revoke(read(KeyParams, { id }).id, request));
  });
}

function lineOf({ id, name, hint, grants, expiresAt, lastUsedAt, revokedAt }: ApiKey): string {
  const ends = expiresAt ? `expires ${expiresAt.toISOString()}` : 'never expires';
  const state = revokedAt ? `revoked ${revokedAt.toISOString()}` : ends;
  const used = lastUsedAt ? `last used ${lastUsedAt.toISOString()}` : 'never used';
  return `${id}  ${hint}…  ${name}  ${grants.join(' ')}  ${state}, ${used}`;
}

/** A user of the database is no principal; the account of the machine names the person best. */
function administrator(): string {
  try {
    return `${userInfo().username} (command line)`;
  } catch {
    return 'command line';
  }
}

/** Throws `InvalidRequestError`. */
function read<T extends object>(type: new () => T, sent: object): T {
  const problems = new ProblemList();
  const dto = readDto(type, sent, problems);
  assertNone(problems);
  return dto;
}
