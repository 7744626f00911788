import { Migration } from '@mikro-orm/migrations';

export class Migration0049DeploymentCaller extends Migration {
  override up(): void {
    this.addSql(`alter table deployment add column caller jsonb`);
  }
}
