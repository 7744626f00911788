import { rm } from 'node:fs/promises';

export default async function stopDatabase(): Promise<void> {
  await globalThis.testDatabase?.close();
  await rm(process.env.TEST_DATA_DIR!, { recursive: true, force: true });
}
