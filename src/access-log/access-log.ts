import { EntityManager } from '@mikro-orm/core';
import { Injectable, Logger } from '@nestjs/common';
import { type Caller, currentCaller, type Principal, principalText } from '#access';
import { inTransaction, query, type Transaction } from '#database';
import { newId, StepQueue, type Write } from '#journal';
import { Redaction } from '#redaction';
import { storableText } from '../storable-text.ts';
import { APPEND, WRITTEN } from './access-event.columns.ts';
import { type AccessCaller, type AccessEntry, type AccessEvent, MAX_TEXT } from './access-event.ts';
import { AccessNotRecordedError } from './access-log.errors.ts';
import { keptFilter } from './kept-filter.ts';

/** Events of one statement. */
const MAX_ROWS = 256;

type Row = Omit<AccessEvent, 'position' | 'createdAt' | 'filter'> & { filter: string | null };

/** Appends to the access log: events that come together are written together, in one statement. */
@Injectable()
export class AccessLog {
  private readonly logger = new Logger(AccessLog.name);
  private readonly queue = new StepQueue<Row, undefined>((rows, write) => this.write(rows, write), {
    ...{ rows: MAX_ROWS, weight: MAX_ROWS },
  });
  private readonly pending = new Set<Promise<unknown>>();

  constructor(
    private readonly em: EntityManager,
    private readonly redaction: Redaction,
  ) {}

  /** Resolves after the commit. The caller is that of the request by default. Throws {@link AccessNotRecordedError}. */
  async append(entry: AccessEntry, caller?: AccessCaller): Promise<void> {
    const refusal = (cause: unknown) => new AccessNotRecordedError(cause);
    await this.queue.add([this.row(entry, caller)], 1, refusal).catch((error: unknown) => {
      throw error instanceof AccessNotRecordedError ? error : refusal(error);
    });
  }

  /** That somebody has signed in or out. Resolves after the commit. Throws {@link AccessNotRecordedError}. */
  appendSession(action: 'session.opened' | 'session.closed', principal: Principal): Promise<void> {
    return this.append({ action }, accessCaller({ ...currentCaller(), principal }));
  }

  /** As the last statement of a transaction. Throws {@link AccessNotRecordedError}. */
  async appendIn(transaction: Transaction, entry: AccessEntry): Promise<void> {
    await this.insert([this.row(entry)], (values) => transaction.query(APPEND, values)).catch((error: unknown) => {
      throw new AccessNotRecordedError(error);
    });
  }

  /** Runs a change and writes its event in one transaction; `entry` is made of what the change gives back. */
  withChange<T>(
    change: (transaction: Transaction) => Promise<T>,
    entry: (changed: T) => AccessEntry | undefined,
  ): Promise<T> {
    return inTransaction(this.em, async (transaction) => {
      const changed = await change(transaction);
      const event = entry(changed);
      if (event) await this.appendIn(transaction, event);
      return changed;
    });
  }

  /** For what is answered in any case: who cannot be recorded is named in the log of the service. */
  appendLater(entry: AccessEntry, caller?: AccessCaller): void {
    const writing = this.append(entry, caller).catch((error: unknown) =>
      this.logger.warn({ err: error, action: entry.action, code: entry.code }, 'An event of the access log is lost'),
    );
    this.pending.add(writing);
    void writing.finally(() => this.pending.delete(writing));
  }

  /** Resolves when nothing is left of what {@link appendLater} was given. */
  async settled(): Promise<void> {
    await Promise.all(this.pending);
  }

  private row(entry: AccessEntry, caller: AccessCaller = accessCaller(currentCaller())): Row {
    const { target, filter, rows, count = 1, ...rest } = entry;
    const kept = keptFilter(filter, this.redaction);
    return {
      ...{ id: newId(), action: entry.action },
      ...{ principal: this.text(caller.principal), actor: this.text(caller.actor ?? entry.actor) },
      ...{ onBehalfOf: this.text(caller.onBehalfOf), client: this.text(caller.client) },
      ...{ address: this.text(caller.address), operation: this.text(caller.operation) },
      ...{ platform: this.text(target?.platform), environment: this.text(target?.environment) },
      subject: this.text(rest.subject),
      filter: kept ? JSON.stringify(kept) : null,
      ...{ rows: rows ?? null, status: rest.status ?? null, code: this.text(rest.code), count },
    };
  }

  /** Redacted before it is cut: the rest of a secret is hard to tell. */
  private text(text: string | undefined): string | null {
    return text === undefined ? null : storableText(this.redaction.text(storableText(text)), MAX_TEXT);
  }

  private async write(rows: Row[], write: Write): Promise<undefined[]> {
    if (write.mayBeWritten) {
      // It waits for the statement that may be under way still, and sees what that has written.
      await inTransaction(this.em, (transaction) => transaction.query(APPEND, valuesOf(rows)), undefined, {
        ...{ records: true, first: 'select from access_position for update' },
      });
    } else {
      write.mayBeWritten = true;
      await this.insert(rows, (values) => query(this.em, { text: APPEND, values, records: true }));
    }
    return rows.map(() => undefined);
  }

  private async insert(rows: Row[], send: (values: unknown[]) => Promise<{ rowCount: number | null }>): Promise<void> {
    const { rowCount } = await send(valuesOf(rows));
    if (rowCount !== rows.length) throw new Error('The access log has lost the row that gives its positions.');
  }
}

/** Who makes a request, as the log keeps it. */
export function accessCaller({ principal, onBehalfOf, client, address, operation }: Caller): AccessCaller {
  return {
    ...{ principal: principal && principalText(principal), actor: principal?.name },
    ...{ onBehalfOf, client, address, operation },
  };
}

function valuesOf(rows: Row[]): unknown[] {
  return WRITTEN.map(({ name }) => rows.map((row) => row[name as keyof Row]));
}
