import { v7 as uuidv7 } from 'uuid';
import { Statement } from '#journal';
import { SyncWriter } from '#recording';
import { takeTurns, turnOf } from '../../src/recording/push-turn.statement.ts';
import { insertSyncs } from '../support/insert-syncs.ts';
import { connectSql } from '../support/sql.ts';
import { startTestApp } from '../support/test-app.ts';

it('a push takes its turn without a look at all syncs, also while the tables are small: the plan stays', async () => {
  const service = await startTestApp();
  const sql = await connectSql(service.databaseUrl);
  try {
    const startedAt = new Date();
    await insertSyncs(
      sql,
      Array.from({ length: 2_000 }, () => ({ id: uuidv7(), startedAt })),
    );
    const context = { environment: 'default', actor: 'jane', trigger: 'API' as const };
    const push = { platform: 'shop', direction: 'PUSH' as const, context, data: { a: 1 }, takesTurn: true };
    const writer = service.app.get(SyncWriter);
    for (const count of [1, 64]) {
      const keys = Array.from({ length: count }, (_, index) => `Type${index}`);
      const rows = await Promise.all(keys.map((typeKey) => writer.prepare({ ...push, typeKey })));
      const statement = new Statement();
      const text = takeTurns(statement, rows.map(turnOf), []);
      const plan = await sql<{ 'QUERY PLAN': string }>(`explain ${text}`, statement.parameters);
      const lines = plan.map((line) => line['QUERY PLAN']).join('\n');
      expect(lines).toContain('Conflict Arbiter Indexes: push_turn_pkey');
      expect(lines).not.toMatch(/hashed SubPlan|Seq Scan on sync_history/);
    }
  } finally {
    await sql.close();
    await service.close();
  }
});
