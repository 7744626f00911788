import { Migration } from '@mikro-orm/migrations';

/** Who a person is, beside a name that may change or be taken twice: a principal, as `user:…` or `key:…`. */
export class Migration0051Maker extends Migration {
  override up(): void {
    this.addSql(`alter table plan add column principal text, add column decided_principal text`);
    this.addSql(`alter table api_key add column maker text`);
  }
}
