/** How many turns other work had while this ran: one or two where it was done in one piece. */
export async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let done = false;
  const turn = () => {
    turns += 1;
    if (!done) setImmediate(turn);
  };
  setImmediate(turn);
  await work().finally(() => (done = true));
  return turns;
}
