import { Migration } from '@mikro-orm/migrations';

export class Migration0027Destination extends Migration {
  override up(): void {
    // Where the target was when the sync was recorded: settings change, the record does not.
    this.addSql(`alter table sync_history add column target_address text, add column target_account text`);
  }
}
