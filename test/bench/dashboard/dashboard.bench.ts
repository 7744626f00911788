import { Client } from 'pg';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { launchBrowser, visit } from '../../support/browser.ts';
import { type ServiceProcess, startServiceProcess } from '../../support/service-process.ts';
import { until } from '../../support/until.ts';
import { openBenchDatabase } from '../bench-database.ts';
import { fillHistory } from '../history/fill-history.ts';
import { type Bench, rounded, type Section } from '../report.ts';
import { median } from '../rounds.ts';

const LAST_ROW = 10_000;
/** An hour of a sync each second, as fast as they go. */
const HOUR_OF_SYNCS = 3_600;
const AT_ONCE = 8;

/** How the dashboard bears a full history: its first page, a long way down, and an hour of live events. */
export const dashboard: Bench = async ({ rows, rounds }) => {
  const database = await openBenchDatabase();
  try {
    await (await startServiceProcess({ DATABASE_URL: database.url })).stop();
    await fillHistory(database.url, rows);
    const service = await startServiceProcess({ DATABASE_URL: database.url, LOG_LEVEL: 'info' });
    const browser = await launchBrowser();
    try {
      await settled(database.url);
      return [await firstPage(browser, service, rounds), await scroll(browser, service), await live(browser, service)];
    } finally {
      await browser.close();
      await service.stop();
    }
  } finally {
    await database.close();
  }
};

/** A history does not come all at once: what that leaves to be counted and tidied up is not what is measured. */
async function settled(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('vacuum (analyze)');
  const behind = 'select from event_position, sync_stats_position counted where event_position.last > counted.last';
  await until('all is counted', async () => (await client.query(behind)).rowCount === 0, 600_000);
  await client.query('checkpoint');
  await client.end();
}

/** From the navigation to the first row on the screen, with nothing in the cache. */
async function firstPage(browser: Browser, service: ServiceProcess, rounds: number): Promise<Section> {
  const shown: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const page = await open(browser, service);
    shown.push(Number(await page.evaluate('firstRowMs')));
    await page.context().close();
  }
  return {
    title: 'The first page of history, cold',
    rows: [{ 'first row ms': rounded(median(shown), 0), 'slowest ms': rounded(Math.max(...shown), 0) }],
  };
}

async function scroll(browser: Browser, service: ServiceProcess): Promise<Section> {
  const page = await open(browser, service);
  // What its first page costs, the counts included, is told by itself.
  await page.getByText('Counting…').waitFor({ state: 'detached' });
  await page.evaluate('new Promise(requestIdleCallback)');
  await tasks(page);
  const begin = performance.now();
  await page.mouse.move(640, 600);
  await until(
    `row ${LAST_ROW} is there`,
    async () => {
      await page.mouse.wheel(0, 2_000);
      return Number(await page.evaluate('lastRow()')) >= LAST_ROW;
    },
    300_000,
  );
  const row = { rows: LAST_ROW, seconds: rounded((performance.now() - begin) / 1000, 1), ...(await tasks(page)) };
  await page.context().close();
  return { title: 'Scrolling down', rows: [row] };
}

/** What is left in memory after a collection, before and after. */
async function live(browser: Browser, service: ServiceProcess): Promise<Section> {
  const page = await open(browser, service);
  const session = await page.context().newCDPSession(page);
  await record(page, service, 200);
  const rows: Section['rows'] = [{ syncs: 0, ...(await memory(session)), ...(await tasks(page)) }];
  for (let half = 1; half <= 2; half += 1) {
    await record(page, service, HOUR_OF_SYNCS / 2);
    rows.push({ syncs: (half * HOUR_OF_SYNCS) / 2, ...(await memory(session)), ...(await tasks(page)) });
  }
  await page.context().close();
  return { title: 'An hour of live events, a sync each second', rows };
}

/** Records syncs by the API, and waits until the page has heard of them all. */
async function record(page: Page, service: ServiceProcess, syncs: number): Promise<void> {
  const arrived = () => page.evaluate<number>('arrived()');
  const before = await arrived();
  let left = syncs;
  const body = { platform: 'shop', direction: 'PUSH', typeKey: 'Live', actor: 'bench', result: { status: 'SUCCESS' } };
  const recorder = async () => {
    for (; left > 0;) {
      left -= 1;
      await service.api('POST', '/sync', body);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, recorder));
  await until('the page has heard of all', async () => (await arrived()) >= before + syncs);
}

async function open(browser: Browser, service: ServiceProcess): Promise<Page> {
  const { page } = await visit(browser, service.url);
  await page.addInitScript(WATCH);
  await page.goto('/');
  await page.getByText('Live', { exact: true }).waitFor();
  await page.waitForFunction('firstRowMs !== null');
  return page;
}

async function memory(session: CDPSession): Promise<{ 'heap MB': number; 'DOM nodes': number }> {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  const { nodes } = await session.send('Memory.getDOMCounters');
  return { 'heap MB': rounded(usedSize / 1_048_576, 1), 'DOM nodes': nodes };
}

async function tasks(page: Page): Promise<{ 'tasks over 50 ms': number; 'longest ms': number }> {
  const longTasks = await page.evaluate<number[]>('longTasks.splice(0)');
  return { 'tasks over 50 ms': longTasks.length, 'longest ms': rounded(Math.max(0, ...longTasks), 0) };
}

/** Runs in the page before anything else. */
const WATCH = `
  globalThis.firstRowMs = null;
  globalThis.longTasks = [];
  new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: 'longtask', buffered: true });
  new MutationObserver((_, observer) => {
    if (!document.querySelector('[role=row][data-status]')) return;
    firstRowMs = performance.now();
    observer.disconnect();
  }).observe(document, { childList: true, subtree: true, attributes: true });
  globalThis.lastRow = () => Number([...document.querySelectorAll('[role=row][data-status]')].at(-1)?.ariaRowIndex ?? 0);
  globalThis.arrived = () => parseInt(document.querySelector('[class*=arrived]')?.textContent ?? '0', 10);`;
