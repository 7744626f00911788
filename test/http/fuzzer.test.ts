import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Fuzzer, type FuzzReport, told } from '../support/fuzz/fuzzer.ts';
import { requestIn } from '../support/fuzz/fuzz-request.ts';
import { rawFaults } from '../support/fuzz/raw-requests.ts';
import { changedTables, TableDigest } from '../support/fuzz/table-digest.ts';
import { connectSql } from '../support/sql.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { type Bug, SMALL_DOCUMENT, startSmallService } from '../support/fuzz/small-service.ts';

async function fuzzed(bug?: Bug): Promise<FuzzReport> {
  const service = await startSmallService(bug);
  const fuzzer = new Fuzzer(SMALL_DOCUMENT, service);
  const report = await fuzzer.run(300, 7);
  fuzzer.close();
  service.close();
  return report;
}

describe('the fuzzer', () => {
  it('finds nothing where all is right', async () => {
    const report = await fuzzed();
    expect(report).toMatchObject({ findings: [], neverSucceeded: [] });
    expect(report.requests).toBeGreaterThan(250);
  });

  it.each<[Bug, RegExp]>([
    ['status', /answered 206, which its document does not name/],
    ['crash', /it answered 500/],
    ['hang', /no answer/],
    ['body', /breaks its schema: \/count must be integer/],
    ['code', /has its code no-such-parameter/],
    ['detail', /INVALID_REQUEST has no detail/],
    ['write', /it answered 400 INVALID_REQUEST to POST and wrote to thing/],
    ['read', /it answered 200 {2}to GET and wrote to thing/],
    ['early', /it refused what its document allows/],
    ['allow', /its 405 does not say which methods there are/],
    ['slow', /its answer took \d+ ms/],
    ['limit', /although the document forbids it: limit is over 100/],
    ['notation', /although the document forbids it: limit is no plain decimal number/],
  ])('finds a planted bug, and tells the smallest request with it: %s', async (bug, fault) => {
    const lines = told(await fuzzed(bug));
    expect(lines).toEqual(expect.arrayContaining([expect.stringMatching(fault)]));
    const shell = /REQUEST='(.*)' npm run test:fuzz$/.exec(lines.find((line) => fault.test(line))!)!;
    expect(requestIn(shell[1]!)).toMatchObject({ operation: expect.stringMatching(/^(GET|POST) \/api\/v1\/things$/) });
    expect(shell[1]!.length).toBeLessThan(500);
  });

  it('sees each write to a table', async () => {
    const database = await createTestDatabase();
    const sql = await connectSql(database.url);
    await sql('create table planted (a integer)');
    const tables = await TableDigest.of(database.url);
    let before = await tables.quiet();
    expect(changedTables(before, await tables.now())).toEqual([]);
    for (const statement of ['insert into planted values (1)', 'update planted set a = 2', 'delete from planted']) {
      await sql(statement);
      const after = await tables.now();
      expect([statement, ...changedTables(before, after)]).toEqual([statement, 'planted']);
      before = after;
    }
    await tables.close();
    await sql.close();
    await database.drop();
  });

  it('finds an answer to what is no HTTP that is no problem', async () => {
    const server = createServer().on('clientError', (_error, socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await rawFaults(url, { raw: 'NONSENSE\r\n\r\n', isCut: false })).toEqual([
      expect.stringMatching(/its error 400 is no problem/),
    ]);
    server.close();
  });
});
