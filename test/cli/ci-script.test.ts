import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installProgram } from '../support/run-cli.ts';
import { startServiceProcess } from '../support/service-process.ts';
import { startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt } from '../support/test-app.ts';
import { createTestDatabase } from '../support/test-database.ts';

const SCRIPT = join(import.meta.dirname, 'ci-job.sh');

it('lets a shell script plan, have approved, deploy, break and roll back, by exit codes alone', async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'synctrail-ci-script-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const cms = await startSimulatedCms();
  stack.defer(() => cms.close());
  const database = await createTestDatabase();
  stack.defer(() => database.drop());
  const service = await startServiceProcess({
    ...{ DATABASE_URL: database.url, APPROVAL_TARGETS: 'optimizely/default:breaking' },
    ...optimizelyAt(cms.url),
  });
  stack.defer(() => service.stop());
  await installProgram(folder);
  const env = {
    ...{ PATH: `${folder}:${process.env.PATH}`, SYNCTRAIL_URL: service.url, SYNCTRAIL_TARGET: 'optimizely/default' },
    ...{ SYNCTRAIL_ACTOR: 'jane', SANDBOX_URL: cms.url },
  };
  const { error, stdout, stderr } = await new Promise<{ error: Error | null; stdout: string; stderr: string }>(
    (resolve) => {
      execFile('bash', [SCRIPT], { cwd: folder, env }, (error, stdout, stderr) => resolve({ error, stdout, stderr }));
    },
  );
  expect({ stdout, stderr, ended: error === null }).toEqual({
    stdout: expect.stringMatching(/^0 {2}synctrail import [^]*\n0 {2}synctrail status\n$/),
    ...{ stderr: '', ended: true },
  });
}, 120_000);
