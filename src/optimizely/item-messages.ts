import { cut } from '../quoted.ts';

const MAX_QUOTED = 5;
const MAX_CHARACTERS = 500;

/** The first of many messages about an item, in their order, and how many they are. */
export class ItemMessages {
  count = 0;
  private readonly first: { at: number; text: string }[] = [];

  /** Adds a message that stands at this place of the answer. */
  add(at: number, message: string): void {
    this.count += 1;
    if (this.first.length >= MAX_QUOTED) return;
    const text = cut(message.trim(), MAX_CHARACTERS);
    this.first.push({ at, text: /[.!?…]$/.test(text) ? text : `${text}.` });
  }

  with(other: ItemMessages): ItemMessages {
    const both = new ItemMessages();
    const first = [...this.first, ...other.first].sort((a, b) => a.at - b.at);
    both.first.push(...first.slice(0, MAX_QUOTED));
    both.count = this.count + other.count;
    return both;
  }

  get quoted(): string {
    const more = this.count - this.first.length;
    return `${this.first.map(({ text }) => text).join(' ')}${more > 0 ? ` And ${more} more.` : ''}`;
  }
}
