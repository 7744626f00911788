import { styleText } from 'node:util';
import { fitted } from './terminal-text.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;
/** Without a terminal a line cannot be redrawn: another one follows for every second. */
const LINE_MS = 1_000;
const TITLE_WIDTH = 42;

/** Says what goes on meanwhile. */
export type Note = (text: string) => void;

/** One line per step: what is done, what goes on while it lasts, and what came of it. */
export class Progress {
  private steps = 0;
  private readonly isTerminal = process.stdout.isTTY;

  /** A numbered step; the work answers with what came of it. */
  step(title: string, work: (note: Note) => Promise<string>): Promise<string> {
    this.steps += 1;
    return this.run(`${String(this.steps).padStart(2)}  ${title}`, work);
  }

  async run(title: string, work: (note: Note) => Promise<string>): Promise<string> {
    const startedAt = performance.now();
    const seconds = () => (performance.now() - startedAt) / 1_000;
    let note = '';
    const timer = setInterval(() => this.meanwhile(title, note, seconds()), this.isTerminal ? FRAME_MS : LINE_MS);
    try {
      const result = await work((text) => (note = text));
      this.clear();
      console.log(`${titled(title)} ${result} ${styleText('dim', `(${seconds().toFixed(1)} s)`)}`);
      return result;
    } catch (error) {
      this.clear();
      console.log(`${titled(title)} ${styleText('red', 'was not finished')} (${seconds().toFixed(1)} s)`);
      throw error;
    } finally {
      clearInterval(timer);
    }
  }

  private meanwhile(title: string, note: string, seconds: number): void {
    const frame = FRAMES[Math.floor((seconds * 1_000) / FRAME_MS) % FRAMES.length]!;
    if (this.isTerminal) {
      const line = `${titled(title)} ${frame} ${note} ${seconds.toFixed(1)} s`;
      process.stdout.write(`\r\u001b[2K${fitted(line, (process.stdout.columns || 120) - 1)}`);
    } else {
      console.log(`${titled(title)} … ${note ? `${note} ` : ''}(${seconds.toFixed(0)} s)`);
    }
  }

  private clear(): void {
    if (this.isTerminal) process.stdout.write('\r\u001b[2K');
  }
}

const titled = (title: string) => `  ${title.padEnd(TITLE_WIDTH)}`;
