import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { query } from '#database';
import { InvalidCursorError, type PageStart } from '#http';
import type { Interval } from '#statistics';
import { conclude, type HealthReport, type ReportConclusion, reportOf } from './health-report.ts';
import { readInputs } from './health-report.inputs.ts';
import { HealthReportReader } from './health-report.reader.ts';
import { ReportNotFoundError } from './health.errors.ts';

const ANSWER_WITHIN_MS = 30_000;

/** Which report it is; its interval is that of the report. */
export interface ReportHead {
  id: string;
  revision: number;
  /** `hourly` or `daily` for one that was made by the schedule. */
  slot: string | null;
  actor: string;
  createdAt: Date;
}

export type StoredReport = ReportHead & { report: HealthReport };

export interface ReportRequest extends Interval {
  platform: string;
  environment: string;
  actor: string;
  slot?: string;
  /** A new revision, of how things are seen now, even when there is a report of this interval. */
  fresh?: boolean;
}

/** Makes health reports and keeps them, with all that they are made of. */
@Injectable()
export class HealthReportService {
  constructor(
    private readonly em: EntityManager,
    private readonly reader: HealthReportReader,
  ) {}

  /** The report of an interval: the one there is, or else a new one. However many ask at once, there is one. */
  async generateHealthReport(request: ReportRequest): Promise<StoredReport> {
    const known = await this.ofInterval(request);
    if (known && !request.fresh) return known;
    await this.make(request);
    return (await this.ofInterval(request))!;
  }

  /** Makes the report of an interval; false when somebody else was first. */
  async make(request: ReportRequest): Promise<boolean> {
    const inputs = await this.reader.inputs(request, request);
    const conclusion = conclude(inputs);
    const { platform, environment, from, to, actor, slot = null } = request;
    const made = await this.rows(request.fresh ? INSERT_REVISION : INSERT, [
      ...[uuidv7(), platform, environment, from, to, slot, conclusion.health],
      ...[JSON.stringify(inputs), JSON.stringify(conclusion), actor],
    ]);
    return made.length > 0;
  }

  /** Newest interval first, from a start on. Throws `InvalidCursorError`. */
  async list(
    { platform, environment }: { platform?: string; environment?: string },
    limit: number,
    start?: PageStart,
  ): Promise<StoredReport[]> {
    if (start && (await this.stored(`${SELECT} where id = $1`, [start.key])).length === 0)
      throw new InvalidCursorError();
    const list = start?.direction === 'prev' ? listedFrom('>', 'asc') : listedFrom('<', 'desc');
    return this.stored(list, [platform ?? null, environment ?? null, start?.key ?? null, limit]);
  }

  /** The newest report of a target. Throws {@link ReportNotFoundError}. */
  async latest(platform: string, environment: string): Promise<StoredReport> {
    const [report] = await this.list({ platform, environment }, 1);
    if (!report) throw new ReportNotFoundError(`of ${platform} (${environment})`);
    return report;
  }

  /** Throws {@link ReportNotFoundError}. */
  async get(id: string): Promise<StoredReport> {
    const [report] = await this.stored(`${SELECT} where id = $1`, [id]);
    if (!report) throw new ReportNotFoundError(id);
    return report;
  }

  private async ofInterval({ platform, environment, from, to }: ReportRequest): Promise<StoredReport | undefined> {
    const [report] = await this.stored(
      `${SELECT} where platform = $1 and environment = $2 and window_from = $3 and window_to = $4
       order by revision desc limit 1`,
      [platform, environment, from, to],
    );
    return report;
  }

  private async stored(text: string, values: unknown[]): Promise<StoredReport[]> {
    const rows = await this.rows<ReportHead & { inputs: string; conclusion: string | null; createdMs: number }>(
      text,
      values,
    );
    return rows.map((row) => {
      const { id, revision, slot, actor } = row;
      const inputs = readInputs(row.inputs);
      const conclusion = row.conclusion === null ? conclude(inputs) : (JSON.parse(row.conclusion) as ReportConclusion);
      return {
        ...{ id, revision, slot, actor },
        createdAt: new Date(row.createdMs),
        report: reportOf(inputs, conclusion),
      };
    });
  }

  private async rows<Row extends object>(text: string, values: unknown[]): Promise<Row[]> {
    return (await query<Row>(this.em, { text, values, withinMs: ANSWER_WITHIN_MS })).rows;
  }
}

const SELECT = `select id, revision, slot, actor, inputs, conclusion, (extract(epoch from created_at) * 1000)::float8 as "createdMs"
  from health_report`;
const COLUMNS = 'id, platform, environment, window_from, window_to, slot, health, inputs, conclusion, actor, revision';
const INSERT = `insert into health_report (${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1)
  on conflict do nothing returning id`;
const INSERT_REVISION = `insert into health_report (${COLUMNS})
  select $1::uuid, $2::text, $3::text, $4::timestamptz, $5::timestamptz, $6, $7, $8, $9, $10, coalesce(max(revision), 0) + 1
  from health_report where platform = $2 and environment = $3 and window_from = $4 and window_to = $5
  on conflict do nothing returning id`;
function listedFrom(beyond: '<' | '>', order: 'asc' | 'desc'): string {
  return `${SELECT}
    where ($1::text is null or platform = $1) and ($2::text is null or environment = $2)
      and ($3::uuid is null or (window_to, id) ${beyond} (select window_to, id from health_report where id = $3))
    order by window_to ${order}, id ${order} limit $4`;
}
