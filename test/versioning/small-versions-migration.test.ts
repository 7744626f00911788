import { MikroORM } from '@mikro-orm/postgresql';
import { migrate, ormOptions } from '#database';
import { canonicalDigest, canonicalJson, type JsonObject } from '#json';
import { migrations } from '#migrations';
import { SnapshotPacker } from '#snapshot';
import { findings, sql } from '../support/fsck.ts';
import { serviceOfTests } from '../support/service-role.ts';
import { startTestApp } from '../support/test-app.ts';
import { createTestDatabase } from '../support/test-database.ts';

const VERSIONS = 'select * from content_type_version order by platform, kind, type_key, number';

it('keeps every version as it was, and packs what stood before', async () => {
  const database = await createTestDatabase({ empty: true });
  const orm = await MikroORM.init(ormOptions(database.url));
  try {
    const before = migrations.findIndex(({ name }) => name === 'Migration0033SmallVersions');
    await migrate(orm.em, migrations.slice(0, before));
    for (let index = 0; index < 20; index += 1) {
      // With a server-set member the version hash is not the digest of the content.
      const content: JsonObject = { index: index % 7, ...(index % 3 === 0 && { lastModified: `${index}` }) };
      const bytes = Buffer.from(canonicalJson(content));
      await sql(
        database.url,
        `with s as (insert into snapshot (digest, original_size, stored_size, encoding, content)
           values ($1, $2, $2, 'identity', $3) on conflict do nothing)
         select commit_version('optimizely', 'contentType', $4, $5, $1, $6, 'jane', $7, $6 <> 'AUTHORED')`,
        [
          ...[canonicalDigest(content), bytes.length, bytes, `Type${index % 2}`, canonicalDigest({ index: index % 7 })],
          ...[index % 5 === 4 ? 'OBSERVED' : 'AUTHORED', index % 2 === 0 ? null : 'Why'],
        ],
      );
    }
    const old = await sql<{ platform: string }>(database.url, VERSIONS);
    expect(old.length).toBeGreaterThan(10);
    await migrate(orm.em, migrations, serviceOfTests());
    const migrated = await sql<{ platform: string }>(database.url, VERSIONS);
    expect(migrated.map(sorted)).toEqual(old.map(sorted));
    expect(await findings(database.url)).toEqual([]);
    await sql(database.url, `update stored_version set created_at = now() - interval '1 year'`);
    const service = await startTestApp({ DATABASE_URL: database.url });
    expect(await service.app.get(SnapshotPacker).run()).toBeGreaterThan(5);
    await service.close();
    const packed = await sql<{ created_at: Date }>(database.url, VERSIONS);
    const without = ({ created_at: _time, ...row }: Record<string, unknown>) => sorted(row);
    expect(packed.map(without)).toEqual(old.map(without));
    expect(await findings(database.url)).toEqual([]);
  } finally {
    await orm.close();
    await database.drop();
  }
});

const sorted = (row: object) => Object.fromEntries(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1)));
