import type { IncomingHttpHeaders } from 'node:http';
import type { Resource } from './collection.ts';
import { Problem } from './error-answer.ts';

/** Throws a 412 {@link Problem} if a write is conditional on another state; `If-Match` wins over the date. */
export function requireUnchanged(headers: IncomingHttpHeaders, resource: Resource<unknown>): void {
  const ifMatch = headers['if-match'];
  const unmodifiedSince = headers['if-unmodified-since'];
  const isMet =
    ifMatch === undefined
      ? unmodifiedSince === undefined || !isModifiedSince(resource, unmodifiedSince)
      : namesEtag(ifMatch, resource);
  if (!isMet) throw new Problem(412, 'PreconditionFailed', 'The resource has been changed since it was read.');
}

/** Whether a read may be answered by 304; `If-None-Match` wins over the date. */
export function isKnownToClient(headers: IncomingHttpHeaders, resource: Resource<unknown>): boolean {
  const ifNoneMatch = headers['if-none-match'];
  const modifiedSince = headers['if-modified-since'];
  if (ifNoneMatch !== undefined) return namesEtag(ifNoneMatch, resource);
  return modifiedSince !== undefined && !isModifiedSince(resource, modifiedSince);
}

/** The comparison is strong: a weak tag matches nothing. */
function namesEtag(header: string, { etag }: Resource<unknown>): boolean {
  return header.split(',').some((tag) => tag.trim() === '*' || tag.trim() === etag);
}

/** HTTP dates have whole seconds. A date that cannot be read is no condition. */
function isModifiedSince({ modifiedAt }: Resource<unknown>, date: string): boolean {
  return Math.floor(modifiedAt / 1000) * 1000 > Date.parse(date);
}
