import { Migration } from '@mikro-orm/migrations';

export class Migration0013LiveAndRanges extends Migration {
  override up(): void {
    // Which version is live where.
    this.addSql(`
      create index sync_history_live on sync_history (type_key, target_platform, environment, id)
      where sync_status = 'SUCCESS'`);
    // Calls and completions follow the order of the rows: ranges of pages tell them apart, at hardly any cost to a write.
    this.addSql(`
      create index sync_history_ranges on sync_history using brin
        (call_id uuid_minmax_multi_ops, completed_at timestamptz_minmax_multi_ops) with (pages_per_range = 32)`);
  }
}
