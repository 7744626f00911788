import type { EntityManager } from '@mikro-orm/core';
import { query } from '#database';

/** The key of the marks in this database, which its migration has made. */
export async function storedKey(em: EntityManager): Promise<Buffer> {
  const { rows } = await query<{ key: Buffer }>(em, 'select key from redaction_key');
  return rows[0]!.key;
}
