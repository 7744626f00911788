export { configureApp, httpAdapter } from './configure-app.ts';
export { DomainErrorFilter, problemOf } from './domain-error.filter.ts';
export { parseBody } from './json-body.ts';
export { openApiDocument } from './openapi-document.ts';
export { PageDto, PageQuery } from './page.dto.ts';
export { BY_ID, decodeCursor, encodeCursor, InvalidCursorError, type Page, pageOf, type PageStart } from './page.ts';
export { RequestValidation } from './request-validation.ts';
export { Text } from './text.decorator.ts';
