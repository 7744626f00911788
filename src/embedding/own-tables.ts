import type { Options } from '@mikro-orm/core';

const OWN_TABLES: RegExp[] = [
  /^(snapshot|snapshot_pack|packed_snapshot|stored_version|content_type_(version|retirement)|idempotency_key|recorder|event_position|event_epoch|redaction_key|retention_minimum|synctrail_migration)$/,
  /^(sync_history|sync_event)(_.+)?$/,
  /^(sync_journal|journal_(writer|refusal))$/,
  /^access_(event|position)$/,
  /^(push_turn|drift_rule|live_(state|state_history|position))$/,
];

/**
 * Tells the schema tool of an application to leave the tables, views and functions of this package alone: it would drop what it
 * does not know. For `schemaGenerator` of its MikroORM configuration.
 */
export function besideSyncTrail(
  own: NonNullable<Options['schemaGenerator']> = {},
): NonNullable<Options['schemaGenerator']> {
  return {
    ...own,
    ignoreRoutines: true,
    skipTables: [...(own.skipTables ?? []), ...OWN_TABLES],
    skipViews: [...(own.skipViews ?? []), ...OWN_TABLES],
  };
}
