import axe from 'axe-core';
import chromium from '@sparticuz/chromium';
import { type Browser, type BrowserContextOptions, chromium as playwright, type Page } from 'playwright-core';

/** How long anything may take to show. */
const WITHIN_MS = 20_000;
const SCREEN = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 720 };

/** A page of the dashboard, and what went wrong on it. */
export interface Visit {
  page: Page;
  /** Errors in its console, and exceptions. */
  errors: string[];
  /** Requests that left its origin. */
  strayed: string[];
  /** What axe finds against WCAG 2.2 AA in light and in dark colours, and whether the page is wider than a phone. */
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
    viewport: SCREEN,
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

/** Script: resolves when everything has the colours that it will keep. What fades begins with the next frame. */
const FADED = `new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))).then(() =>
  Promise.allSettled(document.getAnimations()
    .filter(({ effect }) => effect.getComputedTiming().iterations !== Infinity).map(({ finished }) => finished)))`;

async function violationsOn(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found: string[] = [];
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    // The page follows its browser by a script of its own.
    await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor({ state: 'attached' });
    await page.evaluate(FADED);
    for (const violation of await brokenRules(page)) found.push(`${colorScheme}: ${violation}`);
  }
  await page.setViewportSize(PHONE);
  const overflow = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
  if (overflow > 0) found.push(`wider than a phone by ${overflow} px`);
  await page.setViewportSize(SCREEN);
  return found;
}

async function brokenRules(page: Page): Promise<string[]> {
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary = '' }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  );
}
