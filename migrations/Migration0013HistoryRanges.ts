import { Migration } from '@mikro-orm/migrations';

export class Migration0013HistoryRanges extends Migration {
  override up(): void {
    // Calls and completions follow the order of the rows: ranges of pages tell them apart, at hardly any cost to a write.
    this.addSql(`
      create index sync_history_ranges on sync_history using brin
        (call_id uuid_minmax_multi_ops, completed_at timestamptz_minmax_multi_ops) with (pages_per_range = 32)`);
  }
}
