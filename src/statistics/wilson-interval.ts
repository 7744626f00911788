/** Of the standard normal distribution: 95 % lie within this many deviations. */
const Z = 1.959963984540054;

/** Where the true rate of `hits` among `count` lies with a certainty of 95 % (Wilson's score interval); null of nothing. */
export function wilsonInterval(hits: number, count: number): { low: number; high: number } | null {
  if (count === 0) return null;
  const rate = hits / count;
  const scale = 1 + Z ** 2 / count;
  const centre = (rate + Z ** 2 / (2 * count)) / scale;
  const half = (Z * Math.sqrt((rate * (1 - rate)) / count + Z ** 2 / (4 * count ** 2))) / scale;
  // At the ends the arithmetic misses by a hair.
  return { low: hits === 0 ? 0 : centre - half, high: hits === count ? 1 : centre + half };
}
