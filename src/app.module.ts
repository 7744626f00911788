import type { IncomingMessage } from 'node:http';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, DiscoveryModule } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { LoggerModule } from 'nestjs-pino';
import { AccessGuard, type AccessRequest, CallerInterceptor, RouteScopeCheck } from '#access';
import { AlertingModule, type AlertTarget } from '#alerting';
import { SessionModule } from '#session';
import { StatisticsModule } from '#statistics';
import { DashboardModule } from '#dashboard';
import { DatabaseModule, type ServiceRole } from '#database';
import { deploymentEntities, DeploymentModule } from '#deployment';
import { FreezeModule } from '#freeze';
import { trackingEntities, TrackingModule } from '#embedding';
import { ExpectationModule } from '#expectation';
import { FailuresModule } from '#failures';
import { type Health, HealthModule } from '#health';
import type { HttpOptions } from '#http';
import { KeysModule } from '#keys';
import { issuerOptions, type IssuerOptions, OidcModule } from '#oidc';
import { MonitoringModule } from '#monitoring';
import { OPTIMIZELY_MODEL, type OptimizelyEnvironment, optimizelyEnvironments, OptimizelyModule } from '#optimizely';
import { DEFAULT_MODEL, type PlatformModel } from '#platform';
import { PlanModule, readApprovalTargets } from '#plan';
import { DomainErrorFilter } from '#problems';
import { PullModule } from '#pull';
import { RateLimitModule } from '#rate-limit';
import { redactionOptions } from '#redaction';
import { VersioningRoutesModule } from '#versioning';
import { readWatches, WatchModule } from '#watch';
import { readAll, readEnvironment } from './environment.ts';
import { redactedLine } from './log-redaction.ts';
import { ServiceConfig } from './service.config.ts';

export interface AppConfig {
  service: ServiceConfig;
  optimizely: OptimizelyEnvironment[];
  issuer: IssuerOptions | undefined;
}

/** Everything the environment says. Throws `ConfigurationError` with every problem at once. */
export function readConfig(env: NodeJS.ProcessEnv): AppConfig {
  return readAll({
    service: () => readEnvironment(ServiceConfig, env),
    optimizely: () => optimizelyEnvironments(env),
    issuer: () => issuerOptions(env),
  });
}

/** The composition root: what is installed. A second platform is one more line here. */
@Module({})
export class AppModule {
  static forRoot({ service, optimizely, issuer }: AppConfig): DynamicModule {
    const health = HealthModule.forRoot({
      health: {
        windowHours: service.HEALTH_WINDOW_HOURS,
        minimumSyncs: service.HEALTH_MINIMUM_SYNCS,
        degradedBelow: service.HEALTH_DEGRADED_BELOW / 100,
        failingBelow: service.HEALTH_FAILING_BELOW / 100,
        consecutiveFailures: service.HEALTH_CONSECUTIVE_FAILURES,
        staleHours: service.HEALTH_STALE_HOURS ?? null,
      },
      reports: {
        hourly: service.REPORT_CRON_HOURLY,
        daily: service.REPORT_CRON_DAILY,
        timeZone: service.REPORT_TIME_ZONE,
      },
    });
    return {
      module: AppModule,
      imports: [
        LoggerModule.forRoot({
          pinoHttp: {
            level: service.LOG_LEVEL,
            hooks: { streamWrite: redactedLine },
            autoLogging: { ignore: isRoutine },
          },
        }),
        DatabaseModule.forRoot({
          url: service.DATABASE_URL,
          dataDir: service.DATA_DIR,
          silenceMs: service.DATABASE_SILENCE_MS,
          poolSize: service.DATABASE_POOL_SIZE,
          service: serviceRole(service),
          entities: [...trackingEntities, ...deploymentEntities],
        }),
        RateLimitModule.forRoot(service.RATE_LIMIT_PER_MINUTE, service.RATE_LIMIT_FAILURES_PER_MINUTE),
        TrackingModule.forRoot({
          http: true,
          // Found before the body of a request is read.
          principal: service.ACCESS === 'keys' ? (request) => (request as AccessRequest).principal : undefined,
          migrate: false,
          shutdownGraceMs: service.SHUTDOWN_GRACE_MS,
          leaseMs: service.LEASE_MS,
          pushWaitMs: service.PUSH_WAIT_MS,
          readBackMs: service.READ_BACK_MS,
          stallMs: service.EXPORT_STALL_MS,
          maxClockOffsetMs: service.MAX_CLOCK_OFFSET_MS,
          retention: {
            payloadDays: service.RETENTION_PAYLOAD_DAYS ?? null,
            factMonths: service.RETENTION_FACT_MONTHS ?? null,
          },
          redaction: redactionOptions({
            key: service.REDACTION_KEY,
            keys: service.REDACT_KEYS,
            except: service.REDACT_EXCEPT,
          }),
          circuit: { failures: service.CIRCUIT_FAILURES, resetMs: service.CIRCUIT_RESET_MS },
          retry: {
            maxAttempts: service.RETRY_MAX_ATTEMPTS,
            initialDelayMs: service.RETRY_INITIAL_DELAY_MS,
            maxDelayMs: service.RETRY_MAX_DELAY_MS,
          },
        }),
        KeysModule,
        OidcModule.forRoot(issuer),
        SessionModule,
        VersioningRoutesModule,
        PlanModule.forRoot({
          approvalTargets: readApprovalTargets(service.APPROVAL_TARGETS)!,
          planValidMs: service.PLAN_VALID_MS,
        }),
        FreezeModule,
        DeploymentModule,
        PullModule,
        WatchModule.forRoot(readWatches(service.WATCH ?? '')),
        ScheduleModule.forRoot(),
        StatisticsModule,
        FailuresModule,
        ExpectationModule,
        health,
        AlertingModule.forRoot(
          {
            target: alertTarget(service),
            on: service.ALERT_ON.split(',') as Health[],
            afterMs: service.ALERT_AFTER_MS,
            everyMs: service.ALERT_EVERY_MS,
            allowPrivate: service.ALERT_ALLOW_PRIVATE === 'true',
            retryMs: service.ALERT_RETRY_MS,
          },
          health,
        ),
        MonitoringModule,
        OptimizelyModule.forRoot(optimizely),
        DashboardModule,
        DiscoveryModule,
      ],
      providers: [
        { provide: APP_GUARD, useExisting: AccessGuard },
        { provide: APP_FILTER, useClass: DomainErrorFilter },
        { provide: APP_INTERCEPTOR, useClass: CallerInterceptor },
        RouteScopeCheck,
      ],
    };
  }
}

const MODELS = new Map<string, PlatformModel>([['optimizely', OPTIMIZELY_MODEL]]);

/** The model of a platform, for what runs beside the application. */
export function installedModel(platform: string): PlatformModel {
  return MODELS.get(platform) ?? DEFAULT_MODEL;
}

/** The role that gets its rights by a migration. */
export function serviceRole({ SERVICE_ROLE: role, RETENTION_FACT_MONTHS }: ServiceConfig): ServiceRole | undefined {
  return role === undefined ? undefined : { role, factMonths: RETENTION_FACT_MONTHS ?? null };
}

/** What the HTTP server is told. */
export function httpOptions(service: ServiceConfig): HttpOptions {
  return {
    allowedHosts: service.ALLOWED_HOSTS?.split(',') ?? [],
    requestMs: service.REQUEST_TIMEOUT_MS,
    trustedProxies: service.TRUSTED_PROXIES?.split(',') ?? [],
    docs: service.DOCS === 'on',
    securityContact: service.SECURITY_CONTACT,
  };
}

function alertTarget({ ALERT_WEBHOOK_URL: url, ALERT_WEBHOOK_SECRET: secret }: ServiceConfig): AlertTarget | null {
  return url !== undefined && secret !== undefined ? { url, secret } : null;
}

/** A middleware sees `url` without what it is mounted on. */
function isRoutine({ url = '', originalUrl = url }: IncomingMessage & { originalUrl?: string }): boolean {
  return originalUrl.startsWith('/health/') || originalUrl === '/metrics';
}
