import { Migration } from '@mikro-orm/migrations';

export class Migration0006EventPosition extends Migration {
  override up(): void {
    // The one row that whoever gives positions holds.
    this.addSql(`create table event_position (last bigint not null)`);
    this.addSql(`insert into event_position values (0)`);
    this.addSql(`create index sync_event_position on sync_event (position) where position is not null`);
    this.addSql(`create index sync_event_unpositioned on sync_event (created_at, id) where position is null`);
  }
}
