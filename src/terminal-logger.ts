import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import { redactedText } from './log-redaction.ts';
import { terminalText } from './terminal-text.ts';

/** The log of a command: it quotes what others sent. */
export class TerminalLogger extends ConsoleLogger {
  protected override stringifyMessage(message: unknown, logLevel: LogLevel): string {
    const clean = typeof message === 'string' ? terminalText(redactedText(message)) : message;
    const text = super.stringifyMessage(clean, logLevel);
    return typeof message === 'string' ? text : redactedText(text);
  }

  protected override printStackTrace(stack: string): void {
    super.printStackTrace(terminalText(redactedText(stack)));
  }
}
