import { Migration } from '@mikro-orm/migrations';

export class Migration0045Redaction extends Migration {
  override up(): void {
    // What the hashes in the marks are made with, the same in all replicas. Random texts of 122 bits each, as 32 bytes.
    this.addSql(`
      create table redaction_key (
        is_only    boolean primary key default true check (is_only),
        key        bytea not null check (octet_length(key) = 32),
        created_at timestamptz not null default clock_timestamp()
      )`);
    this.addSql(`
      insert into redaction_key (key)
      select sha256(convert_to(string_agg(gen_random_uuid()::text, ''), 'UTF8')) from generate_series(1, 4)`);
    // What of the content that was sent, and of what came back, stands in the record as a mark.
    this.addSql(`alter table sync_history add column pushed_redactions json, add column response_redactions json`);
  }
}
