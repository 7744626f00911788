import { Migration } from '@mikro-orm/migrations';

export class Migration0025Skipped extends Migration {
  override up(): void {
    // Items that a deployment leaves out, because they belong to the platform itself.
    this.addSql(`alter table deployment add column skipped json not null default '[]'`);
  }
}
