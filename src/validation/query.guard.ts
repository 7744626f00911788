import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import { cut } from '../quoted.ts';
import { unknownField } from './field-problem.ts';
import { assertNone } from './invalid-request.error.ts';
import { ProblemList } from './problem-list.ts';

const ROUTINE = /^\/(?:health\/|metrics)/;

/** Refuses parameters where a route of the API reads none: no DTO of a query is there to say so. */
@Injectable()
export class QueryGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const { url, query } = context.switchToHttp().getRequest<FastifyRequest>();
    // Probes and scrapers may add what they like. An embedding application has a prefix of its own.
    if (ROUTINE.test(url) || readsQuery(context)) return true;
    assertNone(ProblemList.of(Object.keys(query as object).map((name) => unknownField(cut(name)))));
    return true;
  }
}

/** By what Nest itself knows of the parameters of a method. */
function readsQuery(context: ExecutionContext): boolean {
  const read = Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), context.getHandler().name) as object;
  return Object.keys(read ?? {}).some((key) => key.startsWith(`${RouteParamtypes.QUERY}:`));
}
