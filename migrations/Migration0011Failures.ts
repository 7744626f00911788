import { Migration } from '@mikro-orm/migrations';

export class Migration0011Failures extends Migration {
  override up(): void {
    // Asks since when an error is known; successes have none and cost nothing.
    this.addSql(`
      create index sync_history_fingerprint on sync_history (error_fingerprint, id) where error_fingerprint is not null`);
    this.addSql(`
      create table failure_mute (
        fingerprint text collate "C" primary key,
        until       timestamptz not null,
        reason      text not null,
        actor       text not null,
        created_at  timestamptz not null default clock_timestamp()
      )`);
  }
}
