import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger } from 'nestjs-pino';
import { AppModule, readConfig } from './app.module.ts';
import { configureApp, httpAdapter } from './configure-app.ts';
import { stopWithError } from './stop-with-error.ts';

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(config), httpAdapter(), {
    abortOnError: false,
    logger: false,
  });
  app.useLogger(app.get(Logger));
  configureApp(app);
  await app.listen(config.service.PORT, config.service.HOST);
  app.get(Logger).log(`SyncTrail answers at ${await app.getUrl()}; its API is described at ${await app.getUrl()}/docs`);
}

main().catch(stopWithError);
