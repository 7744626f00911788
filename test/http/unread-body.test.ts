import { Agent, request } from 'node:http';
import type { Socket } from 'node:net';
import { startTestApp, type TestApp } from '../support/test-app.ts';

describe('a connection whose requests are refused before their bodies have come', () => {
  let service: TestApp;
  beforeAll(async () => {
    service = await startTestApp();
  });
  afterAll(() => service.close());

  it('goes on for the next request, and keeps nothing of those before', async () => {
    const sockets: Socket[] = [];
    service.app.getHttpServer().on('connection', (socket: Socket) => sockets.push(socket));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const listeners: number[] = [];
    for (let turn = 0; turn < 12; turn += 1) {
      expect(await refused(agent)).toBe(404);
      listeners.push(sockets[0]!.listenerCount('close'));
    }
    agent.destroy();
    expect(sockets).toHaveLength(1);
    expect(listeners.at(-1)).toBe(listeners[1]);
  });

  /** Sends the end of its body when the answer is there. */
  function refused(agent: Agent): Promise<number> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': 20_000 };
      const sent = request(`${service.url}/api/v1/nowhere`, { method: 'POST', agent, headers }, (response) => {
        sent.end(' '.repeat(10_000));
        response.resume().once('end', () => resolve(response.statusCode!));
      });
      sent.on('error', reject);
      sent.write(' '.repeat(10_000));
    });
  }
});
