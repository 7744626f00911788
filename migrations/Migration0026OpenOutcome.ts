import { Migration } from '@mikro-orm/migrations';

export class Migration0026OpenOutcome extends Migration {
  override up(): void {
    // Up to which position observations have been compared with the pushes of unknown outcome before them.
    this.addSql(`alter table live_position add column concluded bigint not null default 0`);
    this.addSql(`
      create index live_state_history_observed on live_state_history (position) where evidence = 'OBSERVED'`);
    this.addSql(`create index live_state_unknown on live_state (platform, environment, since) where state = 'UNKNOWN'`);
  }
}
