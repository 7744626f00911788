import { Migration } from '@mikro-orm/migrations';

/**
 * Columns that a filter asks for and no other index knows, and how many values of each there are in a range of some 500 syncs.
 * They hardly ever change, so an update of a sync costs nothing here.
 */
const COLUMNS = { actor: 64, trigger: 16, kind: 16, environment: 32, version_hash: 256 };

export class Migration0034RareValues extends Migration {
  override up(): void {
    // Tells which ranges of pages may have a value: what is rare, or nowhere, is found without reading a month. It takes a byte
    // a sync, and one pass over each month to make.
    const columns = Object.entries(COLUMNS).map(
      ([name, values]) => `${name} text_bloom_ops (n_distinct_per_range = ${values}, false_positive_rate = 0.001)`,
    );
    this.addSql(`
      create index sync_history_values on sync_history using brin (${columns.join(', ')})
        with (pages_per_range = 32, autosummarize = on)`);
  }
}
