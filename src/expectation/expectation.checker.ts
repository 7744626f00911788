import { EntityManager } from '@mikro-orm/core';
import { Injectable, Logger } from '@nestjs/common';
import limit from 'p-limit';
import { DRIVER_TYPES, LONG_READ_MS, query } from '#database';
import { nextTime, Schedule } from '#schedule';
import { CERTAIN_AFTER_MS, CHECK, type ExpectationCheck, FULFIL } from './expectation-checks.ts';
import { type Expectation, EXPECTATION_COLUMNS, type ExpectedSyncs } from './expectations.ts';

/** Times that are made up for after an outage; those before them are not checked. */
const BACK_MS = 7 * 24 * 3_600_000;
/** Expectations that are read at a time. */
const AT_ONCE = 100;
/** Statements at a time: at midnight many may be due. */
const MAX_STATEMENTS = 4;

type Due = Expectation & { now: Date };
type Open = Expectation & Pick<ExpectationCheck, 'dueAt' | 'countsFrom' | 'nextDueAt'>;

const DUE = `
  select ${EXPECTATION_COLUMNS}, clock_timestamp() as now from expectation e
  where ended_at is null and next_at <= clock_timestamp() - ${CERTAIN_AFTER_MS} * interval '1 millisecond'
    and id <> all($1::uuid[])
  -- Replicas that look at once begin with different ones.
  order by next_at, random() limit ${AT_ONCE}`;

const OPEN = `
  select ${EXPECTATION_COLUMNS}, k.due_at as "dueAt", k.counts_from as "countsFrom", k.next_due_at as "nextDueAt"
  from expectation_check k join expectation e on e.id = k.expectation_id
  where not k.is_final and e.ended_at is null and ($1::uuid is null or (k.expectation_id, k.due_at) > ($1, $2::timestamptz))
    and ($3 or k.next_due_at <= clock_timestamp() - ${CERTAIN_AFTER_MS} * interval '1 millisecond')
  order by k.expectation_id, k.due_at limit ${AT_ONCE}`;

const POSITION = 'select last::text as position from event_position';

const SKIP = `update expectation set next_at = $3 where id = $1 and next_at = $2 and ended_at is null returning id`;

/** Checks each expectation once when it is due, and whether one that was missed is fulfilled afterwards. */
@Injectable()
export class ExpectationChecker {
  private readonly logger = new Logger(ExpectationChecker.name);
  private readonly turns = limit(MAX_STATEMENTS);
  /** The position of the newest event when all that was missed had been looked at. */
  private seen: string | undefined;

  constructor(
    private readonly em: EntityManager,
    private readonly schedule: Schedule,
  ) {
    schedule.add('expectations.check', () => this.look());
  }

  async look(): Promise<void> {
    if (await this.checkDue()) this.seen = undefined;
    await this.checkOpen();
  }

  /** Oldest first, each as often as it was due; whether there were any. */
  private async checkDue(): Promise<boolean> {
    const left: string[] = [];
    let wereAny = false;
    for (;;) {
      const due = await this.rows<Due>(DUE, [left]);
      if (due.length === 0 || this.schedule.isStopping) return wereAny;
      wereAny = true;
      await this.turns.map(due, async (expectation) => {
        const wentOn = await this.check(expectation).catch((error: Error) => this.warn(expectation, error));
        // Another replica has it, or the next look will.
        if (!wentOn) left.push(expectation.id);
      });
    }
  }

  /** Whether it has gone on to its next time. */
  private async check(expectation: Due): Promise<boolean> {
    const { id, nextAt, now, withinMs, atLeast } = expectation;
    const oldest = new Date(now.getTime() - BACK_MS);
    if (nextAt < oldest) {
      const { rows } = await query(this.em, SKIP, [id, nextAt, nextTime(expectation, oldest)]);
      return rows.length > 0;
    }
    const from = new Date(nextAt.getTime() - withinMs);
    const following = nextTime(expectation, nextAt);
    const values = [...membersOf(expectation), from, nextAt, id, following, atLeast];
    const { rows } = await query(this.em, { text: CHECK, values, withinMs: LONG_READ_MS });
    return rows.length > 0;
  }

  /** All that was missed, where anything was recorded since the last look; else only what is over now. */
  private async checkOpen(): Promise<void> {
    const [{ position }] = (await this.rows(POSITION)) as [{ position: string }];
    const hasNews = position !== this.seen;
    let isWhole = true;
    let last: Open | undefined;
    do {
      const open = await this.rows<Open>(OPEN, [last?.id, last?.dueAt, hasNews]);
      if (this.schedule.isStopping) return;
      await this.turns.map(open, async (missed) => {
        await this.fulfil(missed).catch((error: Error) => {
          isWhole = false;
          this.warn(missed, error);
        });
      });
      last = open.length === AT_ONCE ? open.at(-1) : undefined;
    } while (last);
    this.seen = isWhole ? position : undefined;
  }

  private async fulfil(missed: Open): Promise<void> {
    const { id, countsFrom, nextDueAt, dueAt, atLeast } = missed;
    const values = [...membersOf(missed), countsFrom, nextDueAt, id, dueAt, atLeast];
    await query(this.em, { text: FULFIL, values, withinMs: LONG_READ_MS });
  }

  private async rows<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await query<Row>(this.em, { types: DRIVER_TYPES, text, values })).rows;
  }

  private warn({ name, platform, environment }: Expectation, error: Error): void {
    this.logger.warn(
      `The expectation "${name}" of ${platform} "${environment}" was not checked and will be again: ${error.message}`,
    );
  }
}

function membersOf({ platform, environment, direction, actor, trigger, kind, typeKey }: ExpectedSyncs): unknown[] {
  return [platform, environment, direction, actor, trigger, kind, typeKey];
}
