import type { Server } from 'node:http';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { Admission } from '#recording';
import { TRACKING_OPTIONS, type TrackingOptions } from '../tracking-options.ts';

/** Milliseconds for answers after the calls they wait for have had their grace. */
const ANSWER_MS = 2_000;

/**
 * While this process stops, each answer is the last of its connection, so that a load balancer goes elsewhere at once; an
 * answer that its reader does not take within the grace is cut.
 */
@Injectable()
export class ClosingConnections implements OnModuleInit, BeforeApplicationShutdown {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly admission: Admission,
    @Inject(TRACKING_OPTIONS) private readonly options: TrackingOptions,
  ) {}

  onModuleInit(): void {
    const server = this.host.httpAdapter?.getInstance<Partial<FastifyInstance> | undefined>();
    // A command has no server.
    server?.addHook?.('onSend', (_request, reply, _payload, done) => {
      if (this.admission.isStopping) void reply.header('connection', 'close');
      done();
    });
  }

  beforeApplicationShutdown(): void {
    const server = this.host.httpAdapter?.getHttpServer() as Server | undefined;
    setTimeout(() => server?.closeAllConnections(), this.options.shutdownGraceMs + ANSWER_MS).unref();
  }
}
