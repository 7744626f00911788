import { Migration } from '@mikro-orm/migrations';

export class Migration0016OnePlan extends Migration {
  override up(): void {
    // The value itself, but known only when the statement runs: one plan serves every id, and reads one month all the same.
    // Its cost keeps a scan out of a plan that is made while the month is nearly empty.
    this.addSql(`
      create function at_execution(id uuid) returns uuid language plpgsql stable strict parallel safe cost 10000 as $$
      begin
        return id;
      end $$`);
  }
}
