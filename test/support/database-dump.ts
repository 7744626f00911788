import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { connectSql } from './sql.ts';

/** Everything that a database holds, snapshots unpacked. */
export async function databaseDump(url: string): Promise<string> {
  const sql = await connectSql(url);
  const tables = await sql<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`,
  );
  const parts: string[] = [];
  for (const { name } of tables) {
    for (const row of await sql<Record<string, unknown>>(`select * from "${name}"`)) {
      const { content, encoding } = row;
      parts.push(JSON.stringify({ ...row, content: undefined }));
      if (Buffer.isBuffer(content)) parts.push(plain(content, name === 'snapshot_pack' ? 'zstd' : encoding).toString());
    }
  }
  await sql.close();
  return parts.join('\n');
}

function plain(content: Buffer, encoding: unknown): Buffer {
  if (encoding === 'gzip') return gunzipSync(content);
  return encoding === 'zstd' ? zstdDecompressSync(content) : content;
}
