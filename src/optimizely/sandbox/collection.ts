import { randomBytes } from 'node:crypto';

/** A resource with its strong ETag; `modifiedAt` is in milliseconds since the epoch. */
export interface Resource<T> {
  body: T;
  etag: string;
  modifiedAt: number;
}

/** The resources of one kind, in the order they were made. Every write gives a new ETag, even one of equal content. */
export class Collection<T extends { key: string }> {
  readonly #resources = new Map<string, Resource<T>>();

  constructor(private readonly touch: () => number) {}

  get(key: string): Resource<T> | undefined {
    return this.#resources.get(key);
  }

  bodies(): T[] {
    return [...this.#resources.values()].map(({ body }) => body);
  }

  put(body: T): Resource<T> {
    const resource = { body, etag: `"${randomBytes(8).toString('hex')}"`, modifiedAt: this.touch() };
    this.#resources.set(body.key, resource);
    return resource;
  }

  delete(key: string): void {
    this.#resources.delete(key);
    this.touch();
  }
}
