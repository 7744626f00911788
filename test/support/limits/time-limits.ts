import { setTimeout as wait } from 'node:timers/promises';
import type { Type } from '@nestjs/common';
import type { ConcurrencyLimit } from '../../../src/http/concurrency-limit.ts';
import { RowExports } from '#export';
import { LiveController } from '../../../src/live/live.controller.ts';
import { PlanService } from '../../../src/plan/plan.service.ts';
import { ContentTypeController } from '../../../src/versioning/content-type.controller.ts';
import { answerIn, RawConnection } from '../raw-http.ts';
import { until } from '../until.ts';
import { many, type Probe, type Probed, type Probes, type Probing, send } from './probe.ts';

/** Of the service that is probed: nobody waits for 20 s, and the largest body arrives in time on a busy machine. */
export const REQUEST_MS = 4_000;

/** A request whose end comes after so many milliseconds. */
async function slowly({ service }: Probing, text: string, ms: number): Promise<Probed> {
  const connection = RawConnection.to(service.url);
  connection.write(text.slice(0, -4));
  await Promise.race([wait(ms), connection.closed()]);
  connection.write(text.slice(-4));
  const { status, headers, body } = answerIn(await connection.said(/\r\n\r\n[^]/));
  connection.destroy();
  return { status, contentType: headers['content-type'] ?? '', body: JSON.parse(body) as Probed['body'] };
}

/** With all but one of the places taken that `count` would need. */
async function withTaken(room: object, count: number, ask: () => Promise<Probed>): Promise<Probed> {
  const { slots } = room as { slots: ConcurrencyLimit };
  await until('the places of the last answer are free', () => slots.count === 0);
  const taken = many(count - 1, () => slots.take());
  const answer = await ask();
  for (const giveBack of taken) giveBack?.();
  return answer;
}

/** Each room has files of its own. */
const TEXTS: [room: Type<unknown>, path: string][] = [
  [LiveController, '/live?platform=optimizely&format=export'],
  [ContentTypeController, '/content-types/Type1/diff?from=1&to=1&format=ndjson'],
];

const around = (ms: number): Partial<Probe> => ({ limit: ms, counts: [[ms / 4], ms * 1.5] });
const BODY = JSON.stringify({ platform: 'p', direction: 'PUSH', typeKey: 'T', actor: 'a' });

export const TIME_LIMITS: Probes = {
  'time for the headers of a request': (_numbers, probing) => [
    {
      ...{ what: 'ms', limit: REQUEST_MS, ...around(REQUEST_MS) },
      send: (ms) => slowly(probing, 'GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n', ms),
    },
  ],
  'time for a request with its body': (_numbers, probing) => [
    {
      ...{ what: 'ms', limit: REQUEST_MS, ...around(REQUEST_MS) },
      send: (ms) =>
        slowly(
          probing,
          'POST /api/v1/sync HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
            `Content-Length: ${BODY.length}\r\n\r\n${BODY}`,
          ms,
        ),
    },
  ],
  'event streams': ([limit], probing) => [
    {
      ...{ what: 'streams', limit: limit! },
      send: async (count) => {
        const leave = new AbortController();
        const open = (signal: AbortSignal) =>
          fetch(`${probing.service.url}/api/v1/sync/events`, { headers: { accept: 'text/event-stream' }, signal });
        await Promise.all(many(count - 1, () => open(leave.signal)));
        const last = new AbortController();
        const answer = await open(last.signal);
        const { status } = answer;
        const body = status === 200 ? {} : ((await answer.json()) as Probed['body']);
        last.abort();
        leave.abort();
        return { status, contentType: answer.headers.get('content-type') ?? '', body };
      },
    },
  ],
  'exports of the history': ([limit], probing) => [
    {
      ...{ what: 'exports', limit: limit! },
      send: (count) =>
        withTaken(probing.service.app.get(RowExports), count, () => send(probing, 'GET', '/sync/history/export')),
    },
  ],
  'other answers as text, of each kind': ([limit], probing) =>
    TEXTS.map(([room, path]) => ({
      ...{ what: path, limit: limit! },
      send: (count: number) => {
        const { files } = probing.service.app.get<{ files: object }>(room);
        return withTaken(files, count, () => send(probing, 'GET', path));
      },
    })),
  'plans that are made': ([limit], probing) => [
    {
      ...{ what: 'plans', limit: limit! },
      send: (count) =>
        withTaken(probing.service.app.get(PlanService), count, () =>
          send(probing, 'POST', '/plans', { platform: 'optimizely', actor: 'jane' }),
        ),
    },
  ],
};
