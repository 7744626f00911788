import { terminalLine, terminalText } from '../terminal-text.ts';

/** A line of the result. */
export function printLine(line: string): void {
  console.log(terminalLine(line));
}

/** The result for a program: JSON in one line. */
export function printJson(value: unknown): void {
  console.log(terminalText(JSON.stringify(value)));
}

/** A file of several lines. */
export function printText(text: string): void {
  console.log(terminalText(text));
}

/** A line beside the result, which a script that reads the result does not see. */
export function note(line: string): void {
  console.error(terminalLine(line));
}
