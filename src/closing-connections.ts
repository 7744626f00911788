import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { Admission } from '#recording';

/** While this process stops, each answer is the last of its connection: a load balancer goes elsewhere at once. */
@Injectable()
export class ClosingConnections implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly admission: Admission,
  ) {}

  onModuleInit(): void {
    const server = this.host.httpAdapter?.getInstance<Partial<FastifyInstance> | undefined>();
    // A command has no server.
    server?.addHook?.('onSend', (_request, reply, _payload, done) => {
      if (this.admission.isStopping) void reply.header('connection', 'close');
      done();
    });
  }
}
