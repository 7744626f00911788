/** How rare something is usually, how frequent in a run, and how sure we want to be (log of the odds). */
export interface Density {
  usual: number;
  dense: number;
  certainty: number;
}

/** Events from one index to another, inclusive, and how much speaks for their being dense. */
export interface Run {
  from: number;
  to: number;
  score: number;
}

/**
 * Where events lie denser than usual in a sequence: `positions[i]` is how many others came before event i. The cumulative sum
 * of log-likelihood ratios (CUSUM): an event speaks for a dense run, another against it; a run begins where the sum
 * leaves zero, and ends at its maximum. In a sequence of n with the usual density a false one comes with a probability of
 * about n · usual · e^-(certainty - one event's weight).
 */
export function denseRuns(positions: number[], { usual, dense, certainty }: Density): Run[] {
  const gain = Math.log(dense / usual);
  const loss = -Math.log((1 - dense) / (1 - usual));
  const found: Run[] = [];
  let best: Run | undefined;
  let from = 0;
  let score = 0;
  const close = () => {
    if (best && best.score >= certainty) found.push(best);
    best = undefined;
    score = 0;
  };
  for (const [index, position] of positions.entries()) {
    const between = index === 0 ? 0 : position - positions[index - 1]!;
    score -= between * loss;
    // What is far enough behind its maximum is over, so that it does not swallow the next.
    if (score <= 0 || (best && best.score - score >= certainty)) close();
    if (score === 0) from = index;
    score += gain;
    if (!best || score > best.score) best = { from, to: index, score };
  }
  close();
  return found;
}
