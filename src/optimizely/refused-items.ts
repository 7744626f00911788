import type { SyncFailure } from '#platform';
import { ItemMessages } from './item-messages.ts';
import type { SentItem } from './manifest.ts';

const MAX_NAMED = 5;

/** The items of a call that the platform refused, and why; the others of the call were not applied with them. */
export class RefusedItems {
  private readonly keys = new Set<string>();
  private readonly messages = new ItemMessages();
  private told: SyncFailure | undefined;

  add({ typeKey }: SentItem, at: number, message: string): this {
    this.keys.add(typeKey);
    this.messages.add(at, message);
    return this;
  }

  /** Why an item that nobody refused was not applied either. `more` is what the platform said about no item. */
  neighbours(more = new ItemMessages()): SyncFailure {
    this.told ??= this.failure(more);
    return this.told;
  }

  private failure(more: ItemMessages): SyncFailure {
    const named = [...this.keys].slice(0, MAX_NAMED).map((key) => `"${key}"`);
    const others = this.keys.size - named.length;
    const names = `${named.join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
    const also = more.count > 0 ? ` It also said: ${more.quoted}` : '';
    return {
      code: 'NOT_APPLIED',
      message: `Not applied, because the platform refused ${names} in the same call: ${this.messages.quoted}${also} Correct or leave out ${named.length > 1 ? 'these' : 'this one'}, and push again.`,
    };
  }
}
