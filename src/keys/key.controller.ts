import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { currentCaller, Needs } from '#access';
import { BY_ID, pageOf, PageQuery } from '#http';
import { Refuses } from '#problems';
import { type ApiKey, ApiKeys } from './api-keys.ts';
import { KeyDto, KeyPageDto, KeyParams, KeyRequestDto, KeyRevocationDto, NewKeyDto } from './key.dto.ts';

@ApiTags('keys')
@Needs('keys:manage')
@Controller('keys')
export class KeyController {
  constructor(private readonly keys: ApiKeys) {}

  /**
   * Creates an API key and shows it once. A key cannot have more scopes than its creator. The request takes no
   * `Idempotency-Key`, because the service would have to store the key for it: revoke a key whose answer was lost.
   */
  @Post()
  @Refuses('INVALID_GRANT', 'GRANT_NOT_HELD', 'KEY_NAME_TAKEN', 'RECORDING_UNAVAILABLE')
  async createKey(@Body() { actor, ...request }: KeyRequestDto): Promise<NewKeyDto> {
    const { key, text } = await this.keys.create({ ...request, createdBy: actor }, currentCaller().principal);
    return { ...key, key: text };
  }

  /** Lists API keys without their secrets, newest first, with those that are revoked or expired. */
  @Get()
  async listKeys(@Query() { limit, cursor }: PageQuery): Promise<KeyPageDto> {
    return pageOf<ApiKey>({ limit, cursor }, { ...BY_ID, find: (start, count) => this.keys.list(count, start) });
  }

  /** Revokes an API key: every replica refuses it within a second. It stays in the list. */
  @Post(':id/revoke')
  @HttpCode(200)
  @Refuses('KEY_NOT_FOUND', 'RECORDING_UNAVAILABLE')
  async revokeKey(@Param() { id }: KeyParams, @Body() request: KeyRevocationDto): Promise<KeyDto> {
    return this.keys.revoke(id, request);
  }
}
