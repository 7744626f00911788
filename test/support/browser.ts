import axe from 'axe-core';
import chromium from '@sparticuz/chromium';
import { type Browser, type BrowserContextOptions, chromium as playwright, type Page } from 'playwright-core';

/** How long anything may take to show. */
const WITHIN_MS = 10_000;

/** A page of the dashboard, and what went wrong on it. */
export interface Visit {
  page: Page;
  /** Errors in its console, and exceptions. */
  errors: string[];
  /** Requests that left its origin. */
  strayed: string[];
  /** What axe finds against WCAG 2.2 AA. */
  violations(): Promise<string[]>;
}

/** A Chromium that came as a package; nothing else needs to be installed. */
export async function launchBrowser(): Promise<Browser> {
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    args: ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none'],
  });
}

export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    baseURL: url,
    ...options,
  });
  context.setDefaultTimeout(WITHIN_MS);
  const page = await context.newPage();
  const [errors, strayed]: string[][] = [[], []];
  page.on(
    'console',
    (message) => message.type() === 'error' && errors!.push(`${message.text()} ${message.location().url}`),
  );
  page.on('pageerror', (error) => errors!.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) strayed!.push(request.url());
  });
  return { page, errors: errors!, strayed: strayed!, violations: () => violationsOn(page) };
}

async function violationsOn(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary = '' }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  );
}
