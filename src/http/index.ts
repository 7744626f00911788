/** How the service speaks HTTP: errors, pages, streams, callers; refuses foreign hosts, origins and methods. */
export { ApiForms } from './api-forms.decorator.ts';
export { BY_ID, type Page, pageFrom, pageOf, type PageStart } from './page.ts';
export { OwnRequests } from './own-requests.decorator.ts';
export { PageDto, PageQuery } from './page.dto.ts';
export { ConcurrencyLimit } from './concurrency-limit.ts';
export { configureApp, httpAdapter, type HttpOptions } from './configure-app.ts';
export { isLoopback } from './caller.ts';
export { isProxyRange } from './proxies.ts';
export { cursorPart, decodeCursor, encodeCursor, InvalidCursorError } from './cursor.ts';
export { openApiDocument } from './openapi-document.ts';
export { holdAnswer, type RawReply, StreamAnswer } from './stream-answer.ts';
export { answerWithStored, JSON_TYPE, StoredJson, textWithStored } from './stored-json.ts';
export { type TextFile, TextFiles, TooManyExportsError } from './text-files.ts';
export type { Reply } from './reply.ts';
export { MeantTargetDto, PlatformQuery, RequesterDto, TargetDto, TargetRequestDto, TypeQuery } from './target.dto.ts';
