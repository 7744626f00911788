import 'reflect-metadata';
import { MikroORM } from '@mikro-orm/postgresql';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger } from 'nestjs-pino';
import { recordRisk } from '#database';
import { configureApp, httpAdapter, type HttpOptions, isLoopback } from '#http';
import { CallerAuthenticator, sessionKeyOf } from '#session';
import { type AppConfig, AppModule, httpOptions, readConfig } from './app.module.ts';
import type { ServiceConfig } from './service.config.ts';
import { stopWithError } from './stop-with-error.ts';

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const releaseSignals = holdSignals();
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(config),
    httpAdapter(httpOptions(config.service)),
    {
      abortOnError: false,
      logger: false,
    },
  );
  app.useLogger(app.get(Logger));
  configureApp(app, { ...httpOptions(config.service), ...accessOptions(app, config.service) });
  if (releaseSignals()) return;
  try {
    await app.listen(config.service.PORT, config.service.HOST);
  } catch (error) {
    await app.close();
    throw error;
  }
  tellAccess(app.get(Logger), config);
  await tellRisk(app, config.service);
  const url = await app.getUrl();
  const docs = config.service.DOCS === 'on' ? `; its API is described at ${url}/docs` : '';
  app.get(Logger).log(`SyncTrail answers at ${url}${docs}`);
}

/** How callers are found, where access is not open. */
function accessOptions(app: NestFastifyApplication, { ACCESS, SESSION_SECRET }: ServiceConfig): HttpOptions {
  if (ACCESS !== 'keys') return {};
  const callers = app.get(CallerAuthenticator);
  return { sessionKey: sessionKeyOf(SESSION_SECRET), authenticate: (request) => callers.principalOf(request) };
}

function tellAccess(logger: Logger, { service: { ACCESS, HOST }, issuer }: AppConfig): void {
  const orToken = issuer ? `, or are recognised by ${issuer.url}` : '';
  if (ACCESS === 'keys') return logger.log(`Callers need an API key (ACCESS=keys)${orToken}`);
  logger.warn(
    isLoopback(HOST)
      ? 'The service does not authenticate callers: every user of this machine can use it'
      : `The service does not authenticate callers (ACCESS=open): everybody who reaches ${HOST} can use it`,
  );
}

/** Nothing of a database of its own, to which nobody else has an address. */
async function tellRisk(app: NestFastifyApplication, { DATABASE_URL }: ServiceConfig): Promise<void> {
  const risk = DATABASE_URL === undefined ? null : await recordRisk(app.get(MikroORM).em);
  if (risk !== null) app.get(Logger).warn(risk);
}

/**
 * Nest hears signals from `configureApp` on, but the embedded database starts before: without this, a signal in between
 * would leave it running. The function given back lets a signal that came meanwhile take effect, and tells if one did.
 */
function holdSignals(): () => boolean {
  let held: NodeJS.Signals | undefined;
  const hold = (signal: NodeJS.Signals) => (held ??= signal);
  process.on('SIGINT', hold).on('SIGTERM', hold);
  return () => {
    process.off('SIGINT', hold).off('SIGTERM', hold);
    return held !== undefined && process.kill(process.pid, held);
  };
}

main().catch(stopWithError);
