import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger } from 'nestjs-pino';
import { configureApp, httpAdapter } from '#http';
import { AppModule, httpOptions, readConfig } from './app.module.ts';
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
  configureApp(app, httpOptions(config.service));
  if (releaseSignals()) return;
  try {
    await app.listen(config.service.PORT, config.service.HOST);
  } catch (error) {
    await app.close();
    throw error;
  }
  app.get(Logger).log(`SyncTrail answers at ${await app.getUrl()}; its API is described at ${await app.getUrl()}/docs`);
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
