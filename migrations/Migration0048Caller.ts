import { Migration } from '@mikro-orm/migrations';

/** Null where nobody was authenticated, and for syncs of before: their actors are claims. */
export class Migration0048Caller extends Migration {
  override up(): void {
    this.addSql(`
      alter table sync_history
        add column principal text collate "C",
        add column on_behalf_of text collate "C",
        add column client text collate "C"`);
  }
}
