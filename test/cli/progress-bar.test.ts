import { ProgressBar } from '../../src/cli/progress-bar.ts';

const PROGRESS = { total: 4, settled: 2, succeeded: 2, percent: 50, attempt: 1, nextAttemptAt: null };

/** Keeps what is written to it. */
function stream(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 60, write: (text: string | Uint8Array) => written.push(String(text)) > 0, written };
}

describe('the progress of a deployment', () => {
  it('is one line that is redrawn on a terminal, and taken away at the end', () => {
    const terminal = stream(true);
    const bar = new ProgressBar(terminal);
    bar.show({ ...PROGRESS, settled: 0, percent: 0 });
    bar.show(PROGRESS);
    bar.show(PROGRESS);
    bar.end();
    expect(terminal.written).toEqual([
      `\r\u001b[2K${'░'.repeat(30)} 0 %, 0 of 4 items`,
      `\r\u001b[2K${'█'.repeat(15)}${'░'.repeat(15)} 50 %, 2 of 4 items`,
      '\r\u001b[2K',
    ]);
  });

  it('never takes more than the line of the terminal', () => {
    const narrow = { ...stream(true), columns: 20 };
    new ProgressBar(narrow).show(PROGRESS);
    expect(narrow.written).toEqual([`\r\u001b[2K${'█'.repeat(15)}░░░░`]);
  });

  it('is a plain line for each change without a terminal', () => {
    const file = stream(false);
    const bar = new ProgressBar(file);
    bar.show(PROGRESS);
    bar.show(PROGRESS);
    bar.show({ ...PROGRESS, attempt: 2 });
    bar.show({ ...PROGRESS, attempt: 2, nextAttemptAt: '2026-11-30T12:00:00.000Z' });
    bar.end();
    expect(file.written).toEqual([
      '50 %, 2 of 4 items\n',
      '50 %, 2 of 4 items, attempt 2\n',
      '50 %, 2 of 4 items, attempt 2, next at 2026-11-30T12:00:00.000Z\n',
    ]);
  });
});
