import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { TEMPLATE } from './template.ts';

export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

/** The PostgreSQL of this worker. */
export function testServerUrl(): string {
  return process.env.TEST_SERVER_URLS!.split(' ')[Number(process.env.JEST_WORKER_ID ?? 1) - 1]!;
}

/** A database of its own for a test file: a copy of the migrated template, of another that nobody uses, or an empty one. */
export async function createTestDatabase({ empty = false, copyOf = '' } = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const template = copyOf ? new URL(copyOf).pathname.slice(1) : TEMPLATE;
  await admin(`create database ${name}${empty ? '' : ` template ${template} strategy file_copy`}`);
  const url = new URL(testServerUrl());
  url.pathname = name;
  return { url: url.href, drop: () => admin(`drop database if exists ${name} with (force)`) };
}

async function admin(statement: string): Promise<void> {
  const client = new Client({ connectionString: testServerUrl() });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
