import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { Logger } from '@nestjs/common';
import { StreamAnswer } from '#http';
import { reader, wire } from '../support/passing-readers.ts';
import { until } from '../support/until.ts';

const HEADERS = { 'content-type': 'text/plain' };

describe('a streamed answer', () => {
  let server: Server;
  let url: string;
  let answer: (response: ServerResponse, request: IncomingMessage) => void;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    server = createServer((request, response) => answer(response, request)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  /** Asks once and gives what the server made of it, as soon as it has begun. */
  const asked = async <T>(
    handle: (answer: StreamAnswer) => T,
    init?: RequestInit,
  ): Promise<{ made: T; got: Promise<Response> }> => {
    const begun = Promise.withResolvers<{ made: T }>();
    answer = (response) => begun.resolve({ made: handle(new StreamAnswer(response)) });
    const got = fetch(url, init);
    got.catch(() => undefined);
    return { ...(await begun.promise), got };
  };

  it('sends a source to its end, and gives back once', async () => {
    let givenBack = 0;
    const { got } = await asked((answer) => {
      answer.whenOver(() => (givenBack += 1));
      return answer.send(Readable.from(['a', 'b']), { headers: HEADERS, stallMs: 1_000 });
    });
    expect(await (await got).text()).toBe('ab');
    await until('it is over', () => givenBack === 1);
  });

  it('breaks off when its source fails, and hears what the source says afterwards', async () => {
    const source = new PassThrough();
    const { got } = await asked((answer) => answer.send(source, { headers: HEADERS, stallMs: 1_000 }));
    source.write('a');
    const response = await got;
    source.destroy(new Error('lost'));
    await expect(response.text()).rejects.toThrow('terminated');
    source.emit('error', new Error('lost again'));
    expect(source.destroyed).toBe(true);
  });

  it('destroys its source when only the head is asked for', async () => {
    const source = Readable.from(['a']);
    const { got } = await asked((answer) => answer.send(source, { headers: HEADERS, stallMs: 1_000 }), {
      method: 'HEAD',
    });
    expect(await (await got).text()).toBe('');
    expect(source.destroyed).toBe(true);
    source.emit('error', new Error('the connection is lost'));
  });

  it('says nothing after its end', async () => {
    const { got, made } = await asked((answer) => {
      answer.begin(HEADERS);
      answer.write('a');
      answer.finish();
      answer.write('b');
      answer.finish();
      return answer;
    });
    expect(await (await got).text()).toBe('a');
    expect(made.isOver).toBe(true);
  });

  it('is not begun for a reader who has left, and tells who comes later that it is over', async () => {
    const begun = Promise.withResolvers<StreamAnswer>();
    answer = (response) => begun.resolve(new StreamAnswer(response));
    const socket = await reader(url, wire({ path: '/' }));
    const made = await begun.promise;
    socket.resetAndDestroy();
    await until('it is over', () => made.isOver);
    let givenBack = 0;
    made.whenOver(() => (givenBack += 1));
    expect([made.begin(HEADERS), givenBack]).toEqual([false, 1]);
    const source = new PassThrough();
    await made.send(source, { headers: HEADERS, stallMs: 1_000 });
    expect(source.destroyed).toBe(true);
  });

  it('is over for a reader who has left before anybody looked', async () => {
    const begun = Promise.withResolvers<StreamAnswer>();
    answer = (response, request) => request.socket.once('close', () => begun.resolve(new StreamAnswer(response)));
    (await reader(url, wire({ path: '/' }))).resetAndDestroy();
    expect((await begun.promise).isOver).toBe(true);
  });

  it('tells of a failure before it only those who are still there', async () => {
    const fails = () => Promise.reject(new Error('no'));
    const { made } = await asked(async (answer) => {
      const seen = await answer.before(fails).catch((error: Error) => error.message);
      answer.cut();
      return [seen, await answer.before(fails)];
    });
    expect(await made).toEqual(['no', undefined]);
  });

  it('ends with its connection where it stands behind another answer', async () => {
    const answers: StreamAnswer[] = [];
    answer = (response) => {
      answers.push(new StreamAnswer(response));
      answers.at(-1)!.begin(HEADERS);
    };
    const socket = await reader(url, wire({ path: '/' }).repeat(3));
    await until('all are there', () => answers.length === 3);
    socket.resetAndDestroy();
    await until('all are over', () => answers.every(({ isOver }) => isOver));
    expect(answers.map((answer) => answer.begin(HEADERS))).toEqual([false, false, false]);
  });

  it('is cut when its reader takes next to nothing, and not when it takes its time', async () => {
    const endless = () =>
      new Readable({
        read() {
          this.push(Buffer.alloc(65_536));
        },
      });
    const cut = await asked((answer) => answer.send(endless(), { headers: HEADERS, stallMs: 300 }));
    await cut.got;
    await cut.made;

    const source = endless();
    const slow = await asked((answer) => answer.send(source, { headers: HEADERS, stallMs: 2_000 }));
    const reading = (await slow.got).body!.getReader();
    for (const end = performance.now() + 3_000; performance.now() < end;) {
      for (let bytes = 0; bytes < 1_000_000;) bytes += (await reading.read()).value!.length;
      await new Promise((turn) => setTimeout(turn, 50));
    }
    expect(source.destroyed).toBe(false);
    await reading.cancel();
    await slow.made;
    expect(source.destroyed).toBe(true);
  });

  it('is not cut for the time in which the process itself stood still', async () => {
    const source = new Readable({
      read() {
        this.push(Buffer.alloc(65_536));
      },
    });
    const { got, made } = await asked((answer) => answer.send(source, { headers: HEADERS, stallMs: 300 }));
    const reading = (await got).body!.getReader();
    for (let turn = 0; turn < 3; turn += 1) {
      for (let bytes = 0; bytes < 4_000_000;) bytes += (await reading.read()).value!.length;
      for (const end = performance.now() + 400; performance.now() < end;);
    }
    expect(source.destroyed).toBe(false);
    await reading.cancel();
    await made;
  });
});
