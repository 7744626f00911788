/** How the service speaks HTTP: errors, pages, streams, callers; refuses foreign hosts, origins and methods. */
export { ApiForms } from './api-forms.decorator.ts';
export { BY_ID, type Page, pageFrom, pageOf, type PageStart } from './page.ts';
export { DomainErrorFilter, problemOf } from './domain-error.filter.ts';
export { OwnRequests } from './own-requests.decorator.ts';
export { PageDto, PageQuery } from './page.dto.ts';
export { ConcurrencyLimit } from './concurrency-limit.ts';
export { configureApp, httpAdapter, type HttpOptions } from './configure-app.ts';
export { cursorPart, decodeCursor, encodeCursor, InvalidCursorError } from './cursor.ts';
export { openApiDocument } from './openapi-document.ts';
export { type RawReply, StreamAnswer } from './stream-answer.ts';
export { answerWithStored, StoredJson } from './stored-json.ts';
export { type TextFile, TextFiles, TooManyExportsError } from './text-files.ts';
export type { Reply } from './reply.ts';
export { MeantTargetDto, PlatformQuery, RequesterDto, TargetDto, TargetRequestDto, TypeQuery } from './target.dto.ts';
