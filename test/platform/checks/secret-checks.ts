import { databaseDump } from '../../support/database-dump.ts';
import { type Answer, json, raw, type Received } from '../../support/hostile-platform.ts';
import type { ConformanceApp } from '../conformance-app.ts';
import type { PlatformHarness } from '../platform-harness.ts';

export function secretChecks(running: () => ConformanceApp, { items, removal, credentials }: PlatformHarness): void {
  const tokens = new Set<string>();
  const everything = ({ headers, body }: Received) => {
    const token = headers.authorization?.split(' ').at(-1);
    if (token) tokens.add(token);
    return `${JSON.stringify(headers)} ${body} ${credentials.join(' ')}`;
  };
  const echoing =
    (answer: (text: string) => Answer): Answer =>
    (response, request) =>
      answer(everything(request))(response, request);
  const spoken = (kept: string) => [...credentials, ...tokens].filter((secret) => kept.includes(secret));

  describe('what the adapter authenticates with', () => {
    it('is used: the suite can see it', async () => {
      running().platform.answers = [echoing((text) => json(400, { detail: text }))];
      await running().push(items);
      expect(credentials.length).toBeGreaterThan(0);
      expect(tokens.size).toBeGreaterThan(0);
    });

    it.each<[string, (text: string) => Answer]>([
      ['in a refusal', (text) => json(400, { detail: text, [text.slice(0, 900)]: text })],
      ['in a success', (text) => json(200, { said: text, outcomes: [], errors: [{ message: text }] })],
      ['in a page', (text) => raw(502, `<html>${text}</html>`, { 'content-type': 'text/html' })],
      ['in a header', (text) => json(500, {}, { 'x-request-id': text.replaceAll(/[^\x20-\x7e]/g, '') })],
    ])('is kept nowhere when the platform repeats it %s', async (_name, answer) => {
      for (const method of removal ? (['push', 'pull', 'remove'] as const) : (['push', 'pull'] as const)) {
        running().platform.answers = [echoing(answer)];
        const { answer: answered, error, rows } = await running()[method](items);
        expect(rows).toHaveLength(items.length);
        expect(spoken(JSON.stringify({ answered, rows, message: String(error) }))).toEqual([]);
      }
      expect(spoken(await databaseDump(running().database.url))).toEqual([]);
    });

    it('is in no member of the adapter that others can read', () => {
      expect(spoken(JSON.stringify(Object.entries(running().adapter)) ?? '')).toEqual([]);
    });
  });
}
