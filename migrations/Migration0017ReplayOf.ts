import { Migration } from '@mikro-orm/migrations';

export class Migration0017ReplayOf extends Migration {
  override up(): void {
    // The page of a sync asks for its replays; few syncs are one.
    this.addSql(`create index sync_history_replay_of on sync_history (replay_of, id) where replay_of is not null`);
  }
}
