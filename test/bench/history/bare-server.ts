import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';

const answer = JSON.parse(readFileSync(0, 'utf8')) as object;

/** Answers everybody with the object that its input was. */
@Controller()
class FixedController {
  @Get('fixed')
  get(): object {
    return answer;
  }
}

@Module({ controllers: [FixedController] })
class FixedModule {}

/** A program of its own: Nest on Fastify as it comes, without a database, validation or headers of ours. */
const app = await NestFactory.create<NestFastifyApplication>(FixedModule, new FastifyAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
console.log(`listens at ${await app.getUrl()}`);
