import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { configureApp, httpAdapter } from '#http';
import { AppModule, readConfig } from '../../../src/app.module.ts';

/** The whole service, in this process. */
export async function startService(databaseUrl: string): Promise<{ base: string; close: () => Promise<void> }> {
  const config = readConfig({ DATABASE_URL: databaseUrl, LOG_LEVEL: 'silent' });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(config), httpAdapter(), {
    logger: false,
  });
  await configureApp(app).listen(0, '127.0.0.1');
  return { base: `${await app.getUrl()}/api/v1`, close: () => app.close() };
}
