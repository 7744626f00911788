import { Migration } from '@mikro-orm/migrations';

export class Migration0009Retention extends Migration {
  override up(): void {
    // What retention drops is an event too, and about no sync.
    this.addSql(`alter table sync_event alter column sync_id drop not null`);
    // Asks whether one of ours still names a snapshot.
    this.addSql(`create index content_type_version_snapshot on content_type_version (snapshot_digest)`);
  }
}
