import { Migration } from '@mikro-orm/migrations';

/** Keys are never deleted: their names are actors of the record. */
export class Migration0047ApiKey extends Migration {
  override up(): void {
    this.addSql(`
      create table api_key (
        id            uuid primary key,
        name          text collate "C" not null unique,
        hint          text not null,
        hash          bytea not null unique check (length(hash) = 32),
        grants        text[] not null check (cardinality(grants) > 0),
        created_at    timestamptz not null default clock_timestamp(),
        created_by    text not null,
        expires_at    timestamptz,
        last_used_at  timestamptz,
        revoked_at    timestamptz,
        revoked_by    text,
        revoke_reason text,
        check ((revoked_at is null) = (revoked_by is null) and (revoked_at is null) = (revoke_reason is null))
      )`);
  }
}
