import { readFileSync } from 'node:fs';
import { launchBrowser, visit } from '../support/browser.ts';
import { DOCUMENT } from '../support/checked-answers.ts';
import { filledIn, type FilledInDocument } from '../support/documented-requests.ts';
import { startServiceProcess } from '../support/service-process.ts';
import { createTestDatabase } from '../support/test-database.ts';

/** Operations with a body, and with many parameters; each with its tag. */
const FILLED_IN = [
  ['history', 'recordSync'],
  ['history', 'listSyncs'],
  ['analytics', 'getAnalyticsGroups'],
] as const;

it('the page of the API works in a browser under its policy, fills in the examples, and asks nobody else for anything', async () => {
  const database = await createTestDatabase();
  // As it is built: Jest's own compiler knows nothing of the Swagger plugin, and so of examples.
  const service = await startServiceProcess({ DATABASE_URL: database.url });
  const browser = await launchBrowser();
  try {
    const { page, errors, strayed } = await visit(browser, service.url);
    await page.goto('/docs');
    await page.getByText('/api/v1/content-types/import').first().click();
    await page.getByRole('button', { name: 'Try it out' }).first().click();
    await page.getByRole('button', { name: 'Execute' }).first().waitFor();
    // Its styles are in effect: without them nothing is laid out.
    const summary = page.locator('.swagger-ui .opblock-summary').first();
    const display = await summary.evaluate((row) => row.computedStyleMap().get('display')?.toString());
    expect(display).toBe('flex');
    const document = JSON.parse(readFileSync(DOCUMENT, 'utf8')) as FilledInDocument;
    for (const [tag, operationId] of FILLED_IN) {
      const operation = page.locator(`#operations-${tag}-${operationId}`);
      await operation.locator('.opblock-summary-control').click();
      await operation.getByRole('button', { name: 'Try it out' }).click();
      const asked = page.waitForRequest((sent) => sent.url().includes('/api/v1/'));
      await operation.getByRole('button', { name: 'Execute' }).click();
      const request = await asked;
      const { method, path, body } = filledIn(document, operationId);
      expect([request.method(), new URL(request.url()).pathname]).toEqual([method, path.split('?')[0]]);
      expect(queryOf(request.url())).toEqual(queryOf(`${service.url}${path}`));
      expect(JSON.parse(request.postData() ?? 'null')).toEqual(JSON.parse(body ?? 'null'));
    }
    expect({ errors, strayed }).toEqual({ errors: [], strayed: [] });
  } finally {
    await browser.close();
    await service.stop();
    await database.drop();
  }
});

function queryOf(url: string): string {
  const { searchParams } = new URL(url);
  searchParams.sort();
  return searchParams.toString();
}
