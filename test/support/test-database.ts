import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { TEMPLATE } from './template.ts';

/** A database of its own for a test file: a copy of the migrated template, or an empty one. */
export async function createTestDatabase({ empty = false } = {}): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await admin(`create database ${name}${empty ? '' : ` template ${TEMPLATE}`}`);
  const url = new URL(process.env.TEST_SERVER_URL!);
  url.pathname = name;
  return { url: url.href, drop: () => admin(`drop database if exists ${name} with (force)`) };
}

async function admin(statement: string): Promise<void> {
  const client = new Client({ connectionString: process.env.TEST_SERVER_URL });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
