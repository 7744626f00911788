import { mkdir } from 'node:fs/promises';
import chromium from '@sparticuz/chromium';
import { chromium as playwright } from 'playwright-core';

const FOLDER = 'docs/images';

/** Takes the pictures of the README from a running demo: `npm run screenshots -- http://127.0.0.1:3000`. */
async function main(url = 'http://127.0.0.1:3000'): Promise<void> {
  const first = async (path: string) => {
    const answer = (await (await fetch(`${url}/api/v1${path}`)).json()) as { items: { id: string }[] };
    return answer.items[0]!.id;
  };
  const pages: Record<string, { path: string; colorScheme: 'light' | 'dark' }> = {
    history: { path: '/', colorScheme: 'light' },
    sync: { path: `/syncs/${await first('/sync/history?status=FAILED&typeKey=ProductPage')}`, colorScheme: 'light' },
    'content-type': { path: '/content-types/ProductPage', colorScheme: 'light' },
    deployment: { path: `/deployments/${await first('/deployments?status=PARTIAL')}`, colorScheme: 'dark' },
    health: { path: '/platforms', colorScheme: 'dark' },
  };
  await mkdir(FOLDER, { recursive: true });
  const browser = await playwright.launch({ executablePath: await chromium.executablePath(), args: ['--no-sandbox'] });
  for (const [name, { path, colorScheme }] of Object.entries(pages)) {
    const page = await browser.newPage({ viewport: { width: 1200, height: 760 }, locale: 'en-GB', colorScheme });
    await page.goto(url + path);
    await page.getByText('Live', { exact: true }).waitFor();
    // Event streams never end; everything else has been answered by then.
    await page.waitForTimeout(2_000);
    await page.screenshot({ path: `${FOLDER}/${name}.png` });
  }
  await browser.close();
}

await main(process.argv[2]);
