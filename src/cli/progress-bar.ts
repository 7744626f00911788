import type { Schemas } from '#client';
import { terminalLine } from '../terminal-text.ts';

type Stream = Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>;

const WIDTH = 30;
const ERASE_LINE = '\r\u001b[2K';

/** Shows how far a deployment is: one line that is redrawn on a terminal, else a line for each change. */
export class ProgressBar {
  private last = '';

  constructor(private readonly stream: Stream = process.stderr) {}

  show({ percent, settled, total, attempt, nextAttemptAt }: Schemas['ProgressDto']): void {
    const next = nextAttemptAt === null ? '' : `, next at ${nextAttemptAt}`;
    const text = `${settled} of ${total} items${attempt > 1 ? `, attempt ${attempt}` : ''}${next}`;
    const done = Math.round((Math.min(Math.max(percent, 0), 100) * WIDTH) / 100);
    const bar = `${'█'.repeat(done)}${'░'.repeat(WIDTH - done)}`;
    this.write(this.stream.isTTY ? `${bar} ${percent} %, ${text}` : `${percent} %, ${text}`);
  }

  /** In place of the progress, while it is not known. */
  say(text: string): void {
    this.write(text);
  }

  /** Takes the redrawn line away. */
  end(): void {
    if (this.stream.isTTY && this.last !== '') this.stream.write(ERASE_LINE);
    this.last = '';
  }

  private write(line: string): void {
    if (line === this.last) return;
    this.last = line;
    const text = terminalLine(line);
    const { isTTY, columns } = this.stream;
    this.stream.write(isTTY ? ERASE_LINE + text.slice(0, (columns || 80) - 1) : `${text}\n`);
  }
}
