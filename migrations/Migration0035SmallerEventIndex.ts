import { Migration } from '@mikro-orm/migrations';

export class Migration0035SmallerEventIndex extends Migration {
  override up(): void {
    // The events of a sync are few: they are put in order when they are read. Equal keys share an entry of the index, and the
    // id beside them kept each from being equal.
    this.addSql(`drop index sync_event_sync`);
    this.addSql(`create index sync_event_sync on sync_event (sync_id)`);
  }
}
