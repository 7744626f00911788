import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { BodyError } from './body.errors.ts';

const MEBIBYTE = 1024 * 1024;
/** Bytes of a body that never wait for what larger ones hold. */
const SMALL = 64 * 1024;

/** What all bodies together may hold, from their first byte to the end of their answer. */
export interface BudgetLimits {
  /** Bytes of the first 64 KiB of each body. */
  small: number;
  /** Bytes beyond. */
  large: number;
  /** JSON values. */
  values: number;
}

const LIMITS: BudgetLimits = { small: 16 * MEBIBYTE, large: 64 * MEBIBYTE, values: 2_000_000 };

/** Counts what was received, not what was announced: an announcement costs its sender nothing. */
export class BodyBudget {
  readonly held: BudgetLimits = { small: 0, large: 0, values: 0 };
  private readonly bySocket = new WeakMap<Socket, Set<BodyCharge>>();

  constructor(private readonly limits: BudgetLimits = LIMITS) {}

  /** For one request; it is given back when the answer is over or the connection gone. */
  open(request: IncomingMessage, response: ServerResponse): BodyCharge {
    const charge = new BodyCharge((part, count) => this.take(part, count));
    const charges = this.chargesOf(request.socket);
    charges.add(charge);
    response.once('close', () => {
      charges.delete(charge);
      charge.giveBack();
    });
    return charge;
  }

  get isEmpty(): boolean {
    return Object.values(this.held).every((count) => count === 0);
  }

  private take(part: keyof BudgetLimits, count: number): void {
    if (this.held[part] + count > this.limits[part]) {
      throw new BodyError(
        'SERVER_BUSY',
        'Other requests use all the memory for bodies. Send the request again later.',
        { retryAfter: 1 },
      );
    }
    this.held[part] += count;
  }

  /** An answer that waits behind others on its connection never closes when the connection does. */
  private chargesOf(socket: Socket): Set<BodyCharge> {
    const known = this.bySocket.get(socket);
    if (known) return known;
    const charges = new Set<BodyCharge>();
    this.bySocket.set(socket, charges);
    socket.once('close', () => {
      for (const charge of charges) charge.giveBack();
      charges.clear();
    });
    return charges;
  }
}

/** What one request holds. */
export class BodyCharge {
  private readonly held: BudgetLimits = { small: 0, large: 0, values: 0 };
  private isOver = false;

  constructor(private readonly change: (part: keyof BudgetLimits, count: number) => void) {}

  get bytes(): number {
    return this.held.small + this.held.large;
  }

  takeBytes(count: number): void {
    const small = Math.min(count, SMALL - this.held.small);
    this.take('small', small);
    this.take('large', count - small);
  }

  /** As many values as there are by now. */
  holdValues(count: number): void {
    this.take('values', count - this.held.values);
  }

  giveBack(): void {
    this.isOver = true;
    for (const part of ['small', 'large', 'values'] as const) {
      this.change(part, -this.held[part]);
      this.held[part] = 0;
    }
  }

  private take(part: keyof BudgetLimits, count: number): void {
    if (count === 0 || this.isOver) return;
    this.change(part, count);
    this.held[part] += count;
  }
}
