import { Migration } from '@mikro-orm/migrations';

export class Migration0005Heartbeat extends Migration {
  override up(): void {
    // One row a process; a sync or deployment whose owner has not beaten within the lease is nobody's.
    this.addSql(`
      create table recorder (
        owner    uuid primary key,
        host     text not null,
        pid      integer not null,
        lease_ms integer not null check (lease_ms > 0),
        beat_at  timestamptz not null default clock_timestamp()
      )`);
    // A sync that is recorded from outside has no owner, but a time by which its recorder must speak again.
    this.addSql(`alter table sync_history add column expires_at timestamptz`);
    this.addSql(`
      create function is_alive(candidate uuid) returns boolean language sql stable as $$
        select exists (
          select from recorder
          where owner = candidate and beat_at > clock_timestamp() - lease_ms * interval '1 millisecond')
      $$`);
  }
}
