import { Client } from 'pg';
import { v7 as uuidv7 } from 'uuid';

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
  statusCode: number | null;
  forced: boolean;
  durationMs: number | null;
  startedAt: Date;
}

/** Writes syncs straight into the table; their ids follow their start. */
export async function insertHistory(databaseUrl: string, syncs: RandomSync[]): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(
      `insert into sync_history (id, call_id, kind, type_key, target_platform, environment, sync_direction, sync_status,
         trigger, actor, error_code, error_message, status_code, forced, duration_ms, started_at, completed_at)
       select s.id, s.id, 'contentType', s."typeKey", s.platform, s.environment, s.direction, s.status, s.trigger, s.actor,
         s."errorCode", s."errorMessage", s."statusCode", s.forced, s."durationMs", s."startedAt",
         case when s.status <> 'IN_PROGRESS' then s."startedAt" + interval '1 second' end
       from json_to_recordset($1) as s (id uuid, "typeKey" text, platform text, environment text, direction text, status text,
         trigger text, actor text, "errorCode" text, "errorMessage" text, "statusCode" smallint, forced boolean,
         "durationMs" integer, "startedAt" timestamptz)`,
      [JSON.stringify(syncs)],
    );
  } finally {
    await client.end();
  }
}

/** A UUIDv7 of a moment. */
export function idAt(moment: Date): string {
  return uuidv7({ msecs: moment.getTime() });
}
