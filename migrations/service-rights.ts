const READ = ['select'];
/** What is written once, for good. */
const APPEND = ['select', 'insert'];
const MOVE = ['select', 'update'];
const CHANGE = ['select', 'insert', 'update'];
const ALL = ['select', 'insert', 'update', 'delete'];

/**
 * What the service does with each table and view, and so all that its own role may do when it is not the owner. A table of a
 * new migration needs a line here.
 */
export const SERVICE_RIGHTS: Record<string, string[]> = {
  synctrail_migration: READ,
  retention_minimum: READ,
  redaction_key: READ,
  // The record: everything else about syncs can be made from it again.
  ...{ sync_event: APPEND, sync_journal: APPEND, journal_refusal: APPEND },
  ...{ event_position: MOVE, event_epoch: CHANGE, journal_writer: CHANGE, recorder: ALL, push_turn: CHANGE },
  ...{ sync_history: CHANGE, live_state: ALL, live_state_history: ['select', 'insert', 'delete'], live_position: MOVE },
  // Contents move into packs, and go with their time. A version only learns where its content stands.
  ...{ snapshot: ALL, snapshot_pack: CHANGE, content_type_version: READ, packed_snapshot: READ },
  stored_version: ['select', 'insert', 'update (pack_id, pack_start, pack_size, snapshot_digest)'],
  // A key is used and revoked, and never given more than it has.
  api_key: ['select', 'insert', 'update (last_used_at, revoked_at, revoked_by, revoke_reason)'],
  access_event: APPEND,
  access_position: ['select', 'update (last, last_at)'],
  ...{ content_type_retirement: CHANGE, idempotency_key: ALL, drift_rule: CHANGE },
  ...{
    plan: ALL,
    plan_item: ['select', 'insert', 'delete'],
    deployment: CHANGE,
    deployment_item: CHANGE,
    target_freeze: CHANGE,
  },
  ...{ watch: CHANGE, expectation: CHANGE, expectation_check: ALL },
  ...{ health_report: APPEND, failure_mute: ALL, alert: ALL, alert_state: CHANGE },
  ...{ sync_stats_position: MOVE, sync_stats_hourly: ALL, sync_stats_daily: ALL, sync_stats_type_daily: ALL },
  ...{ sync_stats_target_hourly: ALL, sync_stats_target_daily: ALL, sync_stats_platform_hourly: ALL },
  ...{ sync_stats_platform_type_daily: ALL, sync_stats_platform_type_weekly: ALL },
  ...{ sync_stats_facet_hourly: ALL, sync_stats_facet_daily: ALL },
};

/** The functions that run with the rights of the owner: what the service needs, and its own role may not do. */
export const OWNERS_FUNCTIONS = [
  'ensure_sync_partitions(timestamptz, integer)',
  'drop_sync_month(text, uuid, uuid)',
  'prune_journal()',
  'drop_access_events(timestamptz, integer)',
];
