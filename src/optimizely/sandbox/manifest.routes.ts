import type { FastifyInstance } from 'fastify';
import { ignoresDataLoss } from './data-loss.ts';
import { actorOf, tenantOf } from './exchange.ts';
import { importManifest } from './manifest.import.ts';
import { MANIFEST } from './model.ts';
import { listed, type Query } from './paging.ts';
import { Problem } from './error-answer.ts';
import { readAs } from './shape.ts';
import type { World } from './world.ts';

interface Item {
  key: string;
  source?: string;
}

const SECTIONS = ['locales', 'propertyGroups', 'contentTypes', 'displayTemplates'] as const;

/** The whole model in one body: read it, or create and update what a body names. */
export function manifestRoutes(app: FastifyInstance, { strict }: World): void {
  app.get<{ Querystring: Query }>('/manifest', (request, reply) => {
    const tenant = tenantOf(request);
    const sections = listed(request.query, 'sections');
    const unknown = sections.find((name) => !SECTIONS.some((section) => section === name));
    if (unknown !== undefined) {
      const detail = `There is no section '${unknown}': use ${SECTIONS.join(', ')}.`;
      throw Problem.invalid(detail, [{ detail, field: 'sections' }]);
    }
    const isShown = ({ source }: Item) => source === undefined || request.query['includeReadOnly'] === 'true';
    const shown = SECTIONS.filter((section) => sections.length === 0 || sections.includes(section)).map((section) => {
      const items: Item[] = tenant[section].bodies();
      return [section, items.filter(isShown)];
    });
    return reply.send({ ...Object.fromEntries(shown), lastModified: tenant.lastModified });
  });

  app.post('/manifest', (request, reply) => {
    const manifest = readAs(MANIFEST, request.body, 'manifest');
    const options = { author: actorOf(request), ignoreDataLoss: ignoresDataLoss(request.headers), strict };
    return reply.send(importManifest(tenantOf(request), manifest, options));
  });
}
