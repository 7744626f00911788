import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { concatMap, Observable } from 'rxjs';
import { currentCaller } from '#access';
import { holdAnswer, type RawReply } from '#http';
import type { AccessEntry } from './access-event.ts';
import { accessCaller, AccessLog } from './access-log.ts';
import { type AccessNote, takingNotes } from './access-note.ts';

export const LOGGED = 'synctrail:logged';

/** What a route may give out. */
export type ReadAction = 'payload.read' | 'export.started';

interface ReadRequest {
  params?: Record<string, string>;
  query?: Record<string, unknown>;
}

/** Writes what a route gives out into the access log, before it does. */
@Injectable()
export class LoggedInterceptor implements NestInterceptor {
  constructor(
    private readonly log: AccessLog,
    private readonly reflector: Reflector,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const http = context.switchToHttp();
    const action = this.reflector.get<ReadAction>(LOGGED, context.getHandler());
    const { params = {}, query = {} } = http.getRequest<ReadRequest>();
    const caller = accessCaller(currentCaller());
    const note: AccessNote = { subject: Object.values(params)[0], filter: { ...query } };
    const entry = (more: Partial<AccessEntry>): AccessEntry => ({ action, ...note, ...more });
    let isStreamed = false;
    holdAnswer(http.getResponse<RawReply>(), async (rows) => {
      isStreamed = true;
      await this.log.append(entry({ rows }), caller);
      return (isWhole) => {
        if (action === 'export.started') this.log.appendLater(entry(endOf(isWhole, rows)), caller);
      };
    });
    const recorded = async (answer: unknown) => {
      if (!isStreamed && action === 'payload.read') await this.log.append(entry({}), caller);
      return answer;
    };
    return new Observable((subscriber) =>
      takingNotes(note, () => next.handle().pipe(concatMap(recorded)).subscribe(subscriber)),
    );
  }
}

/** How many rows have arrived of an export that broke off, nobody knows. */
function endOf(isWhole: boolean, rows: number | undefined): Partial<AccessEntry> {
  return { action: 'export.ended', ...(isWhole ? { rows } : { code: 'BROKEN_OFF' }) };
}
