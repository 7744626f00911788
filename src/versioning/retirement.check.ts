import type { FsckDatabase, Finding } from '#database';

/** A content type that is or was retired is in the catalogue; it is retired anew only after it was brought back. */
export async function* checkRetirements(database: FsckDatabase): AsyncGenerator<Finding> {
  const wrong = database.rows<{ platform: string; kind: string; type_key: string; number: number; known: boolean }>(`
    select * from (
      select platform, kind, type_key, number, lead(retired_at) over type < coalesce(reinstated_at, 'infinity') as is_early,
        exists (
          select from content_type_version v
          where v.platform = r.platform and v.kind = r.kind and v.type_key = r.type_key and v.origin = 'AUTHORED') as known
      from content_type_retirement r window type as (partition by platform, kind, type_key order by number)) r
    where is_early or not known`);
  for await (const { platform, kind, type_key, number, known } of wrong) {
    const problem = known ? 'the next one begins before its end' : 'the catalogue has no such content type';
    const subject = `retirement ${number} of the ${platform} ${kind} "${type_key}"`;
    yield { rule: 'retirement', subject, problem };
  }
}
