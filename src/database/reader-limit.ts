import type { Pool, PoolClient } from 'pg';

/** Connections of a pool that nobody takes who only reads: recording has two writes of each step, a heartbeat, positions. */
export const RESERVED_CONNECTIONS = 5;

/** Lets those who do not record have all but some of the connections of a pool, in the order in which they came. */
class ReaderLimit {
  private readonly holders = new WeakSet<PoolClient>();
  private readonly waiting: (() => void)[] = [];
  private free: number;

  constructor(pool: Pool) {
    this.free = Math.max(1, pool.options.max - RESERVED_CONNECTIONS);
    pool.on('release', (_error, client) => {
      if (this.holders.delete(client)) this.giveBack();
    });
  }

  async take(): Promise<void> {
    if (this.free === 0) await new Promise<void>((resolve) => void this.waiting.push(resolve));
    else this.free -= 1;
  }

  heldBy(client: PoolClient): void {
    this.holders.add(client);
  }

  giveBack(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.free += 1;
  }
}

const slots = new WeakMap<Pool, ReaderLimit>();

/** A connection for reads only; its slot is given back with it. */
export async function connectReader(pool: Pool): Promise<PoolClient> {
  const known = slots.get(pool) ?? new ReaderLimit(pool);
  slots.set(pool, known);
  await known.take();
  try {
    const client = await pool.connect();
    known.heldBy(client);
    return client;
  } catch (error) {
    known.giveBack();
    throw error;
  }
}
