import { Migration } from '@mikro-orm/migrations';

export class Migration0001Snapshot extends Migration {
  override up(): void {
    this.addSql(`
      create table snapshot (
        digest        text collate "C" primary key check (digest ~ '^[0-9a-f]{64}$'),
        original_size integer not null check (original_size between 1 and 10000000),
        stored_size   integer not null check (stored_size = octet_length(content)),
        encoding      text not null check (encoding in ('identity', 'gzip')),
        content       bytea not null,
        created_at    timestamptz not null default now()
      )`);
    // gzip is done by us, where it pays: PostgreSQL need not try again.
    this.addSql(`alter table snapshot alter column content set storage external`);
    // What fits into a page stays in its row: out of line a content of 3 KB costs three more rows and index entries.
    this.addSql(`alter table snapshot set (toast_tuple_target = 8160)`);
  }
}
