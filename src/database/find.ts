import type { EntityManager, EntityName, FilterQuery } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { query, STATEMENT_MS } from './postgres-pool.ts';

interface Choice<Entity> {
  orderBy?: { [Column in keyof Entity]?: 'asc' | 'desc' };
  limit?: number;
  withinMs?: number;
}

/** Entities, as the ORM would read them, by {@link query}: the ORM itself waits for as long as the server does. */
export async function find<Entity extends object>(
  em: EntityManager,
  entity: EntityName<Entity>,
  where: FilterQuery<NoInfer<Entity>>,
  { orderBy, limit, withinMs = STATEMENT_MS }: Choice<NoInfer<Entity>> = {},
): Promise<Entity[]> {
  const fork = em.fork() as SqlEntityManager;
  const builder = fork
    .createQueryBuilder(entity)
    .select('*')
    .where(where as never);
  if (orderBy) builder.orderBy(orderBy as never);
  if (limit !== undefined) builder.limit(limit);
  const { rows } = await query<Record<string, unknown>>(em, { text: builder.getFormattedQuery(), withinMs });
  return rows.map((row) => fork.map(entity, row as never));
}

export async function findOne<Entity extends object>(
  em: EntityManager,
  entity: EntityName<Entity>,
  where: FilterQuery<NoInfer<Entity>>,
  choice: Omit<Choice<NoInfer<Entity>>, 'limit'> = {},
): Promise<Entity | null> {
  const [found] = await find(em, entity, where, { ...choice, limit: 1 });
  return found ?? null;
}
