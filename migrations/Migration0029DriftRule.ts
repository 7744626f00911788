import { Migration } from '@mikro-orm/migrations';

export class Migration0029DriftRule extends Migration {
  override up(): void {
    // Which changes on a platform are expected, until when and why. A rule that has ended stays, to be read.
    this.addSql(`
      create table drift_rule (
        id          uuid primary key,
        platform    text collate "C" not null,
        environment text collate "C" not null,
        kind        text collate "C" not null,
        type_key    text collate "C",
        ignore      json not null,
        until       timestamptz not null,
        reason      text not null,
        actor       text not null,
        created_at  timestamptz not null default clock_timestamp(),
        ended_at    timestamptz,
        ended_by    text,
        end_reason  text
      )`);
    this.addSql(`create index drift_rule_target on drift_rule (platform, environment, until)`);
  }
}
