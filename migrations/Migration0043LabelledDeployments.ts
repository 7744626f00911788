import { Migration } from '@mikro-orm/migrations';

/** An application that embeds recording alone has no deployments of ours: there, none has a label. */
export class Migration0043LabelledDeployments extends Migration {
  override up(): void {
    this.addSql(`
      create function labelled_deployments(wanted jsonb) returns setof uuid
      language plpgsql stable rows 20 as $$
      begin
        if to_regclass('deployment') is not null then
          return query select d.id from deployment d where d.labels @> wanted;
        end if;
      end $$`);
  }
}
