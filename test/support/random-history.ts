import { v7 as uuidv7 } from 'uuid';
import { insertSyncs } from './insert-syncs.ts';
import { connectSql } from './sql.ts';

/** A row of sync_history in the words of the API, as the properties recompute it. */
export interface RandomSync {
  id: string;
  typeKey: string;
  platform: string;
  environment: string;
  direction: string;
  status: string;
  trigger: string;
  actor: string;
  errorCode: string | null;
  errorMessage: string | null;
  errorFingerprint?: string | null;
  statusCode: number | null;
  forced: boolean;
  durationMs: number | null;
  startedAt: Date;
}

/** Writes syncs straight into the table; their ids follow their start. */
export async function insertHistory(databaseUrl: string, syncs: RandomSync[]): Promise<void> {
  const sql = await connectSql(databaseUrl);
  try {
    await insertSyncs(sql, syncs);
  } finally {
    await sql.close();
  }
}

/** A UUIDv7 of a moment. */
export function idAt(moment: Date): string {
  return uuidv7({ msecs: moment.getTime() });
}
