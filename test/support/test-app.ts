import 'reflect-metadata';
import type { Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';
import { configureApp, httpAdapter, type HttpOptions } from '#http';
import { AppModule, httpOptions, readConfig } from '../../src/app.module.ts';
import { checkAnswer, checkAnswersOf } from './checked-answers.ts';
import { serviceLogin } from './service-role.ts';
import { createTestDatabase } from './test-database.ts';

/** The service, and the adapters of other platforms that a test installs. */
class WithAdapters {}

/** A request under /api/v1; the body is sent as JSON. */
export type Api = (
  method: string,
  path: string,
  body?: unknown,
) => Promise<{ status: number; headers: Headers; body: never }>;

export interface TestApp {
  app: NestFastifyApplication;
  url: string;
  databaseUrl: string;
  api: Api;
  close(): Promise<void>;
}

/** The whole service in this process, on a free port and a database of its own; retries wait 1 ms, and a push is read back for 300 ms. */
export async function startTestApp(
  env: NodeJS.ProcessEnv = {},
  more: HttpOptions = {},
  host = '127.0.0.1',
  adapters: Provider[] = [],
): Promise<TestApp> {
  const database = env.DATABASE_URL
    ? { url: env.DATABASE_URL, drop: () => Promise.resolve() }
    : await createTestDatabase();
  const config = readConfig({
    LOG_LEVEL: 'silent',
    RETRY_INITIAL_DELAY_MS: '1',
    RETRY_MAX_DELAY_MS: '5',
    READ_BACK_MS: '300',
    ...serviceLogin({ ...env, DATABASE_URL: database.url }),
  });
  const http = { ...httpOptions(config.service), ...more };
  const module = { module: WithAdapters, imports: [AppModule.forRoot(config)], providers: adapters };
  const app = await NestFactory.create<NestFastifyApplication>(module, httpAdapter(http), {
    abortOnError: false,
    logger: false,
  });
  configureApp(app, http);
  await app.listen(0, host);
  const url = await app.getUrl();
  checkAnswersOf(url);
  return {
    app,
    url,
    databaseUrl: database.url,
    api: apiAt(url),
    close: async () => {
      await app.close();
      await database.drop();
    },
  };
}

/** Requests through supertest, each answer checked against the document. */
export function apiAt(url: string): Api {
  return async (method, path, body) => {
    const pending = request(url)[verbOf(method)](`/api/v1${path}`);
    if (body !== undefined) void pending.set('content-type', 'application/json').send(JSON.stringify(body));
    const { status, headers, body: answer } = await pending;
    const given = new Headers(headers);
    checkAnswer(url, { method, path: `/api/v1${path}`, status, contentType: given.get('content-type'), body: answer });
    return { status, headers: given, body: answer as never };
  };
}

function verbOf(method: string): 'delete' | 'get' | 'head' | 'patch' | 'post' | 'put' {
  return method.toLowerCase() as 'get';
}

/** The environment variables of one Optimizely environment at this address. */
export function optimizelyAt(url: string): NodeJS.ProcessEnv {
  return {
    OPTIMIZELY_CMS_CLIENT_ID: 'demo-client',
    OPTIMIZELY_CMS_CLIENT_SECRET: 'demo-secret',
    OPTIMIZELY_CMS_API_URL: url,
  };
}
