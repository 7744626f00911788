/** What moves the cursor, colours, rings, hides or turns the order of what is read; line feeds and tabs stand. */
const COMMANDS = /[^\P{Cc}\n\t]|[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Cs}/gu;

/** A text of anybody's for a terminal: what would command the terminal is spelled out, as in JSON. */
export function terminalText(text: string): string {
  return text.replace(COMMANDS, spelled);
}

/** The same for a text that must not begin a line of its own. */
export function terminalLine(text: string): string {
  return terminalText(text).replace(/[\n\t]/g, spelled);
}

function spelled(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
