import { Migration } from '@mikro-orm/migrations';

export class Migration0009History extends Migration {
  override up(): void {
    // What retention drops is an event too, and about no sync.
    this.addSql(`alter table sync_event alter column sync_id drop not null`);
    // Failures are few, and looked for by their code.
    this.addSql(`
      create index sync_history_error on sync_history (error_code, id) where error_code is not null`);
    // Asks whether one of ours still names a snapshot.
    this.addSql(`create index content_type_version_snapshot on content_type_version (snapshot_digest)`);
  }
}
