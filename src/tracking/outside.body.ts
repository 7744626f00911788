import { BadRequestException } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { isJsonObject } from '#snapshot';
import {
  RecordSyncDto,
  RecordSyncsDto,
  SyncErrorDto,
  SyncExtensionDto,
  SyncResultDto,
  VersionLinkDto,
} from './outside.dto.ts';

/** What class-transformer must not touch: it drops keys such as `__proto__`, and copies what is large. */
const UNTOUCHED = new Set(['data', 'metadata', 'response', 'result', 'error', 'syncs']);
const RULES = { whitelist: true, forbidNonWhitelisted: true };
const MOST_PROBLEMS = 50;

/** The bodies of recording from outside. Each throws `BadRequestException` with what is wrong, and where. */
export const readSync = checked(syncAt);
export const readSyncs = checked(syncsAt);
export const readLink = checked((body, problems) => read(VersionLinkDto, body, '', problems));
export const readOutcome = checked((body, problems): SyncResultDto | SyncExtensionDto =>
  isJsonObject(body) && body.status === 'IN_PROGRESS'
    ? read(SyncExtensionDto, body, '', problems)
    : resultAt(body, problems, ''),
);

function checked<T>(readBody: (body: unknown, problems: string[]) => T): (body: unknown) => T {
  return (body) => {
    const problems: string[] = [];
    const value = readBody(body, problems);
    if (problems.length > 0) throw new BadRequestException(problems.slice(0, MOST_PROBLEMS));
    return value;
  };
}

function syncsAt(body: unknown, problems: string[]): RecordSyncsDto {
  const request = read(RecordSyncsDto, body, '', problems);
  if (problems.length === 0)
    request.syncs = request.syncs.map((sync, index) => syncAt(sync, problems, `syncs[${index}].`));
  return request;
}

function syncAt(body: unknown, problems: string[], at = ''): RecordSyncDto {
  const sync = read(RecordSyncDto, body, at, problems);
  if (isGiven(sync.result)) sync.result = resultAt(sync.result, problems, `${at}result.`);
  if (sync.direction === 'PULL' && sync.data !== undefined && sync.result?.response !== undefined) {
    problems.push(`${at}result.response must not be given next to data: what a PULL received is one of them`);
  }
  return sync;
}

function resultAt(body: unknown, problems: string[], at: string): SyncResultDto {
  const result = read(SyncResultDto, body, at, problems);
  if (isGiven(result.error)) result.error = read(SyncErrorDto, result.error, `${at}error.`, problems);
  return result;
}

function read<T extends object>(type: new () => T, body: unknown, at: string, problems: string[]): T {
  if (!isJsonObject(body)) {
    problems.push(`${at.replace(/\.$/, '') || 'the body'} must be an object`);
    return new type();
  }
  const [untouched, touched] = [true, false].map((which) =>
    Object.fromEntries(Object.entries(body).filter(([name]) => UNTOUCHED.has(name) === which)),
  );
  const value = Object.assign(plainToInstance(type, touched), untouched);
  const dropped = Object.keys(touched!).filter((name) => !Object.hasOwn(value, name));
  problems.push(...dropped.map((name) => `${at}property ${name} should not exist`));
  for (const { constraints = {} } of validateSync(value, RULES)) {
    problems.push(...Object.values(constraints).map((problem) => at + problem));
  }
  return value;
}

/** Optional members may be null. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
