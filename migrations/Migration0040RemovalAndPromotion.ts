import { Migration } from '@mikro-orm/migrations';

export class Migration0040RemovalAndPromotion extends Migration {
  override up(): void {
    // True of a push that deletes its item, and null of all others: a replica of an earlier version leaves it out.
    this.addSql(`alter table sync_history add column removal boolean`);
    // One more way in which a sync comes about. What stands there keeps the narrower rule.
    this.addSql(`alter table sync_history drop constraint sync_history_trigger_check`);
    this.addSql(`
      alter table sync_history add constraint sync_history_trigger_check
        check (trigger in ('API', 'CLI', 'SCHEDULE', 'DEPLOYMENT', 'ROLLBACK', 'REPLAY', 'PROMOTION')) not valid`);
  }
}
