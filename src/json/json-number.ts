/** Whether a double that is read from the token is written with the same digits; up to 15 always are. */
export function isExactNumber(token: string): boolean {
  if (token.length <= 15 && !token.includes('e') && !token.includes('E')) return true;
  return significant(token) === significant(String(Number(token)));
}

/** Loops, for a regular expression such as `/0+$/` takes a time that grows with the square of the zeros. */
function significant(number: string): string {
  const unsigned = number.startsWith('-') ? number.slice(1) : number;
  const [mantissa = '', exponent = '0'] = unsigned.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = whole + fraction;
  let first = 0;
  while (digits[first] === '0') first += 1;
  let end = digits.length;
  while (end > first && digits[end - 1] === '0') end -= 1;
  if (first === end) return '0';
  return `${digits.slice(first, end)}e${Number(exponent) - fraction.length + digits.length - end}`;
}
