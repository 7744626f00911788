import type { IncomingMessage } from 'node:http';
import { type DynamicModule, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { LoggerModule } from 'nestjs-pino';
import { AlertingModule, type AlertTarget } from '#alerting';
import { StatisticsModule } from '#statistics';
import { DashboardModule } from '#dashboard';
import { DatabaseModule } from '#database';
import { deploymentEntities, DeploymentModule } from '#deployment';
import { trackingEntities, TrackingModule } from '#embedding';
import { FailuresModule } from '#failures';
import { type Health, HealthModule } from '#health';
import type { HttpOptions } from '#http';
import { MonitoringModule } from '#monitoring';
import { OPTIMIZELY_MODEL, type OptimizelyEnvironment, optimizelyEnvironments, OptimizelyModule } from '#optimizely';
import { DEFAULT_MODEL, type PlatformModel } from '#platform';
import { PullModule } from '#pull';
import { VersioningRoutesModule } from '#versioning';
import { readAll, readEnvironment } from './environment.ts';
import { redactedLine } from './log-redaction.ts';
import { ServiceConfig } from './service.config.ts';

export interface AppConfig {
  service: ServiceConfig;
  optimizely: OptimizelyEnvironment[];
}

/** Everything the environment says. Throws `ConfigurationError` with every problem at once. */
export function readConfig(env: NodeJS.ProcessEnv): AppConfig {
  return readAll({
    service: () => readEnvironment(ServiceConfig, env),
    optimizely: () => optimizelyEnvironments(env),
  });
}

/** The composition root: what is installed. A second platform is one more line here. */
@Module({})
export class AppModule {
  static forRoot({ service, optimizely }: AppConfig): DynamicModule {
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
          entities: [...trackingEntities, ...deploymentEntities],
        }),
        TrackingModule.forRoot({
          http: true,
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
          circuit: { failures: service.CIRCUIT_FAILURES, resetMs: service.CIRCUIT_RESET_MS },
          retry: {
            maxAttempts: service.RETRY_MAX_ATTEMPTS,
            initialDelayMs: service.RETRY_INITIAL_DELAY_MS,
            maxDelayMs: service.RETRY_MAX_DELAY_MS,
          },
        }),
        VersioningRoutesModule,
        DeploymentModule,
        PullModule,
        ScheduleModule.forRoot(),
        StatisticsModule,
        FailuresModule,
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
      ],
    };
  }
}

const MODELS = new Map<string, PlatformModel>([['optimizely', OPTIMIZELY_MODEL]]);

/** The model of a platform, for what runs beside the application. */
export function installedModel(platform: string): PlatformModel {
  return MODELS.get(platform) ?? DEFAULT_MODEL;
}

/** What the HTTP server is told. */
export function httpOptions({ ALLOWED_HOSTS, REQUEST_TIMEOUT_MS }: ServiceConfig): HttpOptions {
  return { allowedHosts: ALLOWED_HOSTS?.split(',') ?? [], requestMs: REQUEST_TIMEOUT_MS };
}

function alertTarget({ ALERT_WEBHOOK_URL: url, ALERT_WEBHOOK_SECRET: secret }: ServiceConfig): AlertTarget | null {
  return url !== undefined && secret !== undefined ? { url, secret } : null;
}

/** A middleware sees `url` without what it is mounted on. */
function isRoutine({ url = '', originalUrl = url }: IncomingMessage & { originalUrl?: string }): boolean {
  return originalUrl.startsWith('/health/') || originalUrl === '/metrics';
}
