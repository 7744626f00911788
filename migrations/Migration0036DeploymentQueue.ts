import { Migration } from '@mikro-orm/migrations';

export class Migration0036DeploymentQueue extends Migration {
  override up(): void {
    this.addSql(`
      alter table deployment
        add column number bigint,
        add column started_at timestamptz,
        add column cancelled_at timestamptz,
        add column cancelled_by text,
        add column cancel_reason text`);
    // Those that stand there get their numbers in their order.
    this.addSql(`
      update deployment d set number = n.number, started_at = d.created_at
      from (select id, row_number() over (order by created_at, id) as number from deployment) n where n.id = d.id`);
    this.addSql(`alter table deployment alter column number set not null`);
    this.addSql(`alter table deployment alter column number add generated always as identity`);
    this.addSql(`
      select setval(pg_get_serial_sequence('deployment', 'number'), coalesce(max(number), 0) + 1, false) from deployment`);
    this.addSql(`create unique index deployment_number on deployment (number)`);

    this.addSql(`alter table deployment drop constraint deployment_status_check, drop constraint deployment_check`);
    this.addSql(`alter table deployment_item drop constraint deployment_item_status_check`);
    this.addSql(`
      alter table deployment
        add constraint deployment_status_check
          check (status in ('QUEUED', 'IN_PROGRESS', 'SUCCESS', 'FAILED', 'PARTIAL', 'CANCELLED')),
        add constraint deployment_ended_check
          check ((status in ('QUEUED', 'IN_PROGRESS')) = (completed_at is null)),
        add constraint deployment_cancelled_check
          check ((cancelled_at is null) = (cancelled_by is null) and (status <> 'CANCELLED' or cancelled_at is not null)),
        alter column status set default 'QUEUED'`);
    this.addSql(`
      alter table deployment_item add constraint deployment_item_status_check
        check (status in ('IN_PROGRESS', 'SUCCESS', 'FAILED', 'PARTIAL', 'NOT_SENT'))`);
    // Whoever ran them has ended; they go on in their order.
    this.addSql(
      `update deployment set status = 'QUEUED', owner = null, started_at = null where status = 'IN_PROGRESS'`,
    );
    this.addSql(`
      create index deployment_unfinished on deployment (platform, environment, number)
        where status in ('QUEUED', 'IN_PROGRESS')`);
    // One at a time for each target, whoever runs it.
    this.addSql(`
      create unique index deployment_running on deployment (platform, environment) where status = 'IN_PROGRESS'`);
  }
}
