import { randomBytes } from 'node:crypto';
import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { asFarAsAllowedAtOne, assertAllowedAt, NeedsAtTarget } from '#access';
import { ApiForms, BY_ID, pageOf, type Reply } from '#http';
import { Refuses } from '#problems';
import { lengthOf } from '#statistics';
import { InvalidRequestError, momentIn } from '#validation';
import {
  type EvidenceDto,
  HealthReportDto,
  HealthReportPageDto,
  LatestReportQuery,
  type ReportFormat,
  ReportFormatQuery,
  ReportPageQuery,
  ReportParams,
  ReportRequestDto,
} from './health-report.dto.ts';
import { MAX_REPORT_MS } from './health-report.ts';
import { HealthReportService, type StoredReport } from './health-report.service.ts';
import type { Evidence } from './health.ts';
import { asHtml, asMarkdown } from './health-report.texts.ts';
import { ReportNotFoundError } from './health.errors.ts';

const TEXTS = { 'text/markdown': 'text', 'text/html': 'text' } as const;

@ApiTags('analytics')
@NeedsAtTarget('read')
@Controller()
export class HealthReportController {
  constructor(private readonly reports: HealthReportService) {}

  /** Lists health reports, the newest interval first. */
  @Get('sync/health-reports')
  async listHealthReports(@Query() { limit, cursor, ...filter }: ReportPageQuery): Promise<HealthReportPageDto> {
    const asked = asFarAsAllowedAtOne(filter);
    const page = await pageOf<StoredReport>(
      { limit, cursor },
      { ...BY_ID, find: (start, count) => this.reports.list(asked, count, start) },
    );
    return { ...page, items: page.items.map(reportDto) };
  }

  /** Creates the health report of an interval, or returns the existing one. */
  @Post('sync/health-reports')
  @NeedsAtTarget('deploy')
  @HttpCode(200)
  @Refuses('UNKNOWN_TIME_ZONE', 'LIVE_STATE_BEHIND')
  async generateHealthReport(
    @Body() { startDate, endDate, timeZone, ...request }: ReportRequestDto,
  ): Promise<HealthReportDto> {
    assertAllowedAt(request);
    const [from, to] = [momentIn(timeZone, startDate), momentIn(timeZone, endDate)];
    if (from >= to) throw InvalidRequestError.of('endDate', 'must be after startDate', 'CONFLICT');
    if (to > new Date()) throw InvalidRequestError.of('endDate', 'must not be in the future', 'TOO_LARGE');
    if (lengthOf({ from, to }) > MAX_REPORT_MS) {
      throw InvalidRequestError.of('endDate', 'must be at most 366 days after startDate', 'TOO_LARGE');
    }
    return reportDto(await this.reports.generateHealthReport({ ...request, from, to }));
  }

  /** Shows the newest health report of a target. */
  @Get('sync/health-reports/latest')
  @ApiForms(HealthReportDto, TEXTS)
  @Refuses('HEALTH_REPORT_NOT_FOUND')
  async getLatestHealthReport(
    @Query() { platform, environment, format }: LatestReportQuery,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<unknown> {
    assertAllowedAt({ platform, environment });
    return shown(await this.reports.latest(platform, environment), format ?? formatOf(accept), reply);
  }

  /** Shows a health report as JSON, Markdown or printable HTML. */
  @Get('health-reports/:reportId')
  @ApiForms(HealthReportDto, TEXTS)
  @Refuses('HEALTH_REPORT_NOT_FOUND')
  async getHealthReport(
    @Param() { reportId }: ReportParams,
    @Query() { format }: ReportFormatQuery,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<unknown> {
    const stored = await this.reports.get(reportId);
    assertAllowedAt(stored.report, { hidden: new ReportNotFoundError(reportId) });
    return shown(stored, format ?? formatOf(accept), reply);
  }
}

function formatOf(accept = ''): ReportFormat {
  if (accept.startsWith('text/html')) return 'html';
  return accept.startsWith('text/markdown') ? 'markdown' : 'json';
}

function shown(stored: StoredReport, format: ReportFormat, reply: Reply): unknown {
  if (format === 'json') return reportDto(stored);
  if (format === 'markdown') {
    reply.header('content-type', 'text/markdown; charset=utf-8');
    return asMarkdown(stored.report);
  }
  const nonce = randomBytes(16).toString('base64');
  reply
    .header('content-type', 'text/html; charset=utf-8')
    .header('content-security-policy', `default-src 'none'; style-src 'nonce-${nonce}'; frame-ancestors 'none'`)
    .header('x-content-type-options', 'nosniff');
  return asHtml(stored.report, nonce);
}

/** Times are kept as ISO 8601. */
function reportDto({ report, ...head }: StoredReport): HealthReportDto {
  const { window, recentFailures, patterns, drift, absent, unknown, observedAt, lastSyncAt } = report;
  return {
    ...head,
    ...report,
    window: { from: new Date(window.from), to: new Date(window.to) },
    recentFailures: recentFailures.map((failure) => ({ ...failure, at: new Date(failure.at) })),
    patterns: patterns.map((pattern) => {
      return { ...pattern, firstSeen: new Date(pattern.firstSeen), lastSeen: new Date(pattern.lastSeen) };
    }),
    ...{ drift: evidenceDto(drift), absent: evidenceDto(absent), unknown: evidenceDto(unknown) },
    ...{ observedAt: dateOrNull(observedAt), lastSyncAt: dateOrNull(lastSyncAt) },
  };
}

function evidenceDto(found: Evidence | null): EvidenceDto | null {
  return found && { ...found, since: dateOrNull(found.since) };
}

function dateOrNull(time: string | null): Date | null {
  return time === null ? null : new Date(time);
}
