import { Migration } from '@mikro-orm/migrations';

export class Migration0020AlertTest extends Migration {
  override up(): void {
    // However often somebody asks for a test, one is under way at a time.
    this.addSql(`
      delete from alert a where type = 'health.test' and status = 'PENDING' and exists (
        select from alert b where b.type = 'health.test' and b.status = 'PENDING' and b.id > a.id)`);
    this.addSql(`create unique index alert_test on alert (type) where type = 'health.test' and status = 'PENDING'`);
  }
}
