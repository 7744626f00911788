import { Migration } from '@mikro-orm/migrations';

export class Migration0015ReportConclusion extends Migration {
  override up(): void {
    // What a report said stays what it said, also when the rules change; null where only its inputs were kept.
    this.addSql(`alter table health_report add column conclusion text`);
  }
}
