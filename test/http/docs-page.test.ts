import { launchBrowser, visit } from '../support/browser.ts';
import { startTestApp } from '../support/test-app.ts';

it('the page of the API works in a browser under its policy, and asks nobody else for anything', async () => {
  const service = await startTestApp();
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
    expect({ errors, strayed }).toEqual({ errors: [], strayed: [] });
  } finally {
    await browser.close();
    await service.close();
  }
});
