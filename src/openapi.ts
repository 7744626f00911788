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
  const { paths, components, ...document } = openApiDocument(configureApp(app));
  // In an order that does not change with that of the modules.
  const schemas = byName(components?.schemas ?? {});
  const sorted = { ...document, paths: byName(paths), components: { ...components, schemas } };
  await writeFile(file, `${JSON.stringify(sorted, null, 2)}\n`);
}

function byName<T>(members: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(members).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

await main(process.argv[2]);
