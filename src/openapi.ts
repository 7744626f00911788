import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { configureApp, httpAdapter, openApiDocument } from '#http';
import { AppModule, readConfig } from './app.module.ts';

/** Writes the OpenAPI document to a file, `dist/openapi.json` by default. Starts nothing, needs no database. */
async function main(file = 'dist/openapi.json'): Promise<void> {
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(readConfig({})), httpAdapter(), {
    preview: true,
    abortOnError: false,
    logger: ['error'],
  });
  const document = openApiDocument(configureApp(app));
  await writeFile(file, `${JSON.stringify(document, null, 2)}\n`);
}

await main(process.argv[2]);
