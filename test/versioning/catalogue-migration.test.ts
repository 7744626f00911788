import { MikroORM } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { migrate, ormOptions } from '#database';
import { canonicalDigest } from '#json';
import { migrations } from '#migrations';
import { findings, sql } from '../support/fsck.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const START = Date.now() - 3_600_000;
const at = (seconds: number) => new Date(START + seconds * 1000);
const contentOf = (content: string) => Buffer.from(JSON.stringify({ content }));
const hashOf = (content: string) => canonicalDigest({ content });

interface OldVersion {
  typeKey: string;
  content: string;
  author?: string;
  seconds?: number;
}

interface OldSync {
  typeKey: string;
  content?: string;
  platform: string;
  actor?: string;
  seconds?: number;
  isExternal?: boolean;
}

interface Row {
  platform: string;
  number: number;
  version_hash: string;
  parent_hash: string | null;
  origin: string;
  author: string;
}

describe('the migration to a catalogue for each platform', () => {
  let database: TestDatabase;
  let orm: MikroORM;

  beforeEach(async () => {
    database = await createTestDatabase({ empty: true });
    orm = await MikroORM.init(ormOptions(database.url));
    const before = migrations.findIndex(({ name }) => name === 'Migration0023CataloguePerPlatform');
    await migrate(orm.em, migrations.slice(0, before));
  });
  afterEach(async () => {
    await orm.close();
    await database.drop();
  });

  /** Versions of the first edition, numbered for each type in the order given. */
  const versions = async (rows: OldVersion[]) => {
    const chains = new Map<string, string[]>();
    for (const { typeKey, content, author = 'jane', seconds = 0 } of rows) {
      const chain = chains.get(typeKey) ?? [];
      const bytes = contentOf(content);
      await sql(
        database.url,
        `with s as (insert into snapshot (digest, original_size, stored_size, encoding, content)
           values ($1, $2, $2, 'identity', $3) on conflict do nothing)
         insert into content_type_version (kind, type_key, number, version_hash, parent_hash, snapshot_digest, author, created_at)
         values ('contentType', $4, $5, $1, $6, $1, $7, $8)`,
        [hashOf(content), bytes.length, bytes, typeKey, chain.length + 1, chain.at(-1), author, at(seconds)],
      );
      chains.set(typeKey, [...chain, hashOf(content)]);
    }
  };
  const syncs = async (rows: OldSync[]) => {
    for (const { typeKey, content, platform, actor = 'jane', seconds = 0, isExternal = false } of rows) {
      await sql(
        database.url,
        `insert into sync_history (id, call_id, kind, type_key, version_hash, target_platform, environment, sync_direction,
           sync_status, actor, trigger, started_at, completed_at, created_at, expires_at)
         values ($1, $1, 'contentType', $2, $3, $4, 'default', 'PUSH', 'SUCCESS', $5, 'API', $6, $6, $6, $7)`,
        [
          ...[uuidv7(), typeKey, content === undefined ? null : hashOf(content), platform, actor, at(seconds)],
          isExternal ? at(seconds + 900) : null,
        ],
      );
    }
  };
  const migrated = async (typeKey: string) => {
    await migrate(orm.em, migrations);
    const rows = await sql<Row>(
      database.url,
      `select platform, number, version_hash, parent_hash, origin, author from content_type_version
       where type_key = $1 order by platform, number`,
      [typeKey],
    );
    const contents = new Map(['a', 'b', 'c', 'd'].map((content) => [hashOf(content), content]));
    return rows.map(({ platform, number, version_hash, parent_hash, origin }) =>
      [platform, number, contents.get(parent_hash ?? '') ?? '-', contents.get(version_hash), origin].join(' '),
    );
  };

  it('gives a version the platform whose syncs carry it, and numbers each platform for itself', async () => {
    await versions(['a', 'b', 'c', 'a'].map((content) => ({ typeKey: 'Article', content })));
    await syncs([
      { typeKey: 'Article', content: 'a', platform: 'optimizely', seconds: 60 },
      { typeKey: 'Article', content: 'b', platform: 'shop', seconds: 61 },
      { typeKey: 'Article', content: 'c', platform: 'optimizely', seconds: 62 },
    ]);
    expect(await migrated('Article')).toEqual([
      'optimizely 1 - a AUTHORED',
      'optimizely 2 a c AUTHORED',
      'optimizely 3 c a AUTHORED',
      'shop 1 - b AUTHORED',
    ]);
    const events = (await findings(database.url)).filter(({ rule }) => rule.startsWith('version'));
    expect(events).toEqual([]);
  });

  it('gives a version that two platforms carry to both', async () => {
    await versions(['a', 'b'].map((content) => ({ typeKey: 'Article', content })));
    await syncs([
      { typeKey: 'Article', content: 'a', platform: 'optimizely' },
      { typeKey: 'Article', content: 'b', platform: 'optimizely' },
      { typeKey: 'Article', content: 'b', platform: 'shop' },
    ]);
    expect(await migrated('Article')).toEqual([
      'optimizely 1 - a AUTHORED',
      'optimizely 2 a b AUTHORED',
      'shop 1 - b AUTHORED',
    ]);
  });

  it('gives a version that nobody carries the platform of its type, else the most frequent, else the first', async () => {
    await versions([
      { typeKey: 'Sent', content: 'a' },
      { typeKey: 'Sent', content: 'b' },
      { typeKey: 'Never', content: 'c' },
    ]);
    await syncs([
      { typeKey: 'Sent', content: 'a', platform: 'shop' },
      ...['one', 'two'].map((typeKey) => ({ typeKey, platform: 'other' })),
    ]);
    expect(await migrated('Sent')).toEqual(['shop 1 - a AUTHORED', 'shop 2 a b AUTHORED']);
    expect(await migrated('Never')).toEqual(['other 1 - c AUTHORED']);
  });

  it('gives a version without any sync to the first platform', async () => {
    await versions([{ typeKey: 'Never', content: 'a' }]);
    expect(await migrated('Never')).toEqual(['optimizely 1 - a AUTHORED']);
  });

  it('takes a version as recorded only where an external push evidently made it', async () => {
    await versions([
      { typeKey: 'Pushed', content: 'a', author: 'nightly', seconds: 10 },
      { typeKey: 'Ours', content: 'a', author: 'nightly', seconds: 10 },
      { typeKey: 'Later', content: 'a', author: 'nightly', seconds: 10 },
      { typeKey: 'Other', content: 'a', author: 'jane', seconds: 10 },
    ]);
    const external = { content: 'a', platform: 'optimizely', actor: 'nightly', isExternal: true };
    await syncs([
      { ...external, typeKey: 'Pushed', seconds: 10 },
      { typeKey: 'Pushed', content: 'a', platform: 'optimizely', seconds: 50 },
      { typeKey: 'Ours', content: 'a', platform: 'optimizely', seconds: 9 },
      { ...external, typeKey: 'Ours', seconds: 10 },
      { ...external, typeKey: 'Later', seconds: 12 },
      { ...external, typeKey: 'Other', seconds: 10 },
    ]);
    expect(await migrated('Pushed')).toEqual(['optimizely 1 - a RECORDED']);
    for (const typeKey of ['Ours', 'Later', 'Other']) {
      expect(await migrated(typeKey)).toEqual(['optimizely 1 - a AUTHORED']);
    }
  });
});
