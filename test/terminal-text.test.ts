import { terminalLine, terminalText } from '../src/terminal-text.ts';

describe('a text on a terminal', () => {
  it.each([
    ['an escape', 'a\u001b[2Jb', 'a\\u001b[2Jb'],
    ['an escape of eight bits', 'a\u009b2Jb\u009d0;title\u009c', 'a\\u009b2Jb\\u009d0;title\\u009c'],
    ['a title', '\u001b]0;owned\u0007', '\\u001b]0;owned\\u0007'],
    ['a return that writes over', 'failed\rfine', 'failed\\u000dfine'],
    ['a turn of the order', 'a\u202eb\u2066c\u200fd', 'a\\u202eb\\u2066c\\u200fd'],
    ['what is not seen', 'a\u200bb\ufeff', 'a\\u200bb\\ufeff'],
    ['half a character', 'a\ud83db\ude00', 'a\\ud83db\\ude00'],
    ['NUL and backspace', 'a\0\bb\x7f', 'a\\u0000\\u0008b\\u007f'],
  ])('shows %s, and does not do it', (_name, text, shown) => {
    expect(terminalText(text)).toBe(shown);
  });

  it('is as it was when it commands nothing', () => {
    const text = 'Crème brûlée „x“ 日本語 עברית 😀👩‍🚀'.replaceAll('\u200d', '');
    expect(terminalText(`${text}\n\tx`)).toBe(`${text}\n\tx`);
  });

  it('begins no line of its own where it is one', () => {
    expect(terminalLine('sync x\nThe records are consistent\t')).toBe('sync x\\u000aThe records are consistent\\u0009');
  });

  it('of JSON is the same JSON', () => {
    const value = { said: '\u009b2J\u202e\u2028' };
    expect(terminalText(JSON.stringify(value))).toMatch(/^[\x20-\x7e]*$/);
    expect(JSON.parse(terminalText(JSON.stringify(value)))).toEqual(value);
  });
});
