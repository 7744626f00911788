import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { DRIVER_TYPES, query } from '#database';
import { type ExportFormat, quotedLiteral, type RowExport, RowExports } from '#export';
import { type Page, pageOf, type PageQuery, type PageStart } from '#http';
import { EXPORTED, SELECTED } from './access-event.columns.ts';
import type { AccessEvent } from './access-event.ts';
import { type AccessFilter, accessWhere } from './access-log.filter.ts';

const POSITION = /^[1-9]\d{0,15}$/;

/** Reads the access log, as far as its caller may see it. */
@Injectable()
export class AccessLogReader {
  constructor(
    private readonly em: EntityManager,
    private readonly exports: RowExports,
  ) {}

  /** Newest first, or from a position on, oldest first. Throws `InvalidCursorError`. */
  page(filter: AccessFilter, page: PageQuery, after?: number): Promise<Page<AccessEvent>> {
    return pageOf<AccessEvent>(page, {
      keyOf: ({ position }) => String(position),
      isKey: (key) => POSITION.test(key),
      find: (start, count) => this.find(filter, count, start, after),
    });
  }

  /** Newest first. Ends when `signal` is aborted. Throws `TooManyExportsError`. */
  export(filter: AccessFilter, format: ExportFormat, signal?: AbortSignal): Promise<RowExport> {
    const where = accessWhere(filter, (value, type) => `${quotedLiteral(value)}::${type}`);
    const source = { columns: EXPORTED, from: `access_event e where ${where}`, orderBy: 'e.position desc' };
    return this.exports.open(source, format, signal);
  }

  private async find(
    filter: AccessFilter,
    count: number,
    start: PageStart | undefined,
    after: number | undefined,
  ): Promise<AccessEvent[]> {
    const values: unknown[] = [];
    const place = (value: unknown, type: string) => `$${values.push(value)}::${type}`;
    const isRising = (after !== undefined) !== (start?.direction === 'prev');
    const conditions = [accessWhere(filter, place)];
    if (after !== undefined) conditions.push(`e.position > ${place(after, 'bigint')}`);
    if (start) conditions.push(`e.position ${isRising ? '>' : '<'} ${place(start.key, 'bigint')}`);
    const { rows } = await query<AccessEvent>(this.em, {
      ...{ types: DRIVER_TYPES, isBeside: true, values },
      text: `select ${SELECTED} from access_event e where ${conditions.join(' and ')}
        order by e.position ${isRising ? 'asc' : 'desc'} limit ${place(count, 'integer')}`,
    });
    return rows;
  }
}
