import { Migration } from '@mikro-orm/migrations';

export class Migration0007DeploymentOwner extends Migration {
  override up(): void {
    this.addSql(`alter table deployment add column owner uuid`);
    this.addSql(`create index deployment_open on deployment (owner) where status = 'IN_PROGRESS'`);
  }
}
