import { Migration } from '@mikro-orm/migrations';

export class Migration0039Freeze extends Migration {
  override up(): void {
    this.addSql(`
      create table target_freeze (
        id          uuid primary key,
        platform    text collate "C" not null,
        environment text collate "C" not null,
        starts_at   timestamptz not null,
        ends_at     timestamptz not null,
        reason      text not null,
        actor       text not null,
        created_at  timestamptz not null default clock_timestamp(),
        ended_at    timestamptz,
        ended_by    text,
        end_reason  text,
        check (starts_at < ends_at)
      )`);
    this.addSql(
      `create index target_freeze_target on target_freeze (platform, environment, ends_at) where ended_at is null`,
    );
  }
}
