import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { assertAllowedAt, assertAllowedSomewhereOn, NeedsAtTarget } from '#access';
import { TypeQuery } from '#http';
import { PlatformRegistry } from '#platform';
import { Refuses } from '#problems';
import { Catalogue } from './catalogue.ts';
import { ContentTypeParams } from './content-type.dto.ts';
import { RetirementListDto, RetirementRequestDto } from './retirement.dto.ts';
import { type TypeRef } from './type-ref.ts';

@ApiTags('content types')
@NeedsAtTarget('read')
@Controller('content-types')
export class RetirementController {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly platforms: PlatformRegistry,
  ) {}

  /**
   * Retires a content type. A deployment without items leaves it out, and a pull does not miss it. Its versions stay. Answers
   * with its retirements.
   */
  @Post(':typeKey/retire')
  @NeedsAtTarget('catalogue:write')
  @HttpCode(200)
  @Refuses('PLATFORM_REQUIRED', 'CONTENT_TYPE_NOT_FOUND', 'UNKNOWN_PLATFORM', 'ALREADY_RETIRED')
  async retireContentType(
    @Param() { typeKey }: ContentTypeParams,
    @Query() { platform, kind }: TypeQuery,
    @Body() request: RetirementRequestDto,
  ): Promise<RetirementListDto> {
    const type = this.writtenType(typeKey, { platform, kind });
    await this.catalogue.retire(type, request);
    return { items: await this.catalogue.retirements(type) };
  }

  /** Brings a retired content type back. Answers with its retirements. */
  @Post(':typeKey/reinstate')
  @NeedsAtTarget('catalogue:write')
  @HttpCode(200)
  @Refuses('PLATFORM_REQUIRED', 'CONTENT_TYPE_NOT_FOUND', 'UNKNOWN_PLATFORM', 'NOT_RETIRED')
  async reinstateContentType(
    @Param() { typeKey }: ContentTypeParams,
    @Query() { platform, kind }: TypeQuery,
    @Body() request: RetirementRequestDto,
  ): Promise<RetirementListDto> {
    const type = this.writtenType(typeKey, { platform, kind });
    await this.catalogue.reinstate(type, request);
    return { items: await this.catalogue.retirements(type) };
  }

  /** Lists when a content type was retired and brought back, by whom and why. */
  @Get(':typeKey/retirements')
  @Refuses('PLATFORM_REQUIRED')
  async listRetirements(
    @Param() { typeKey }: ContentTypeParams,
    @Query() { platform, kind }: TypeQuery,
  ): Promise<RetirementListDto> {
    const type = { platform: this.platforms.meant(platform), kind, typeKey };
    assertAllowedSomewhereOn(type.platform);
    return { items: await this.catalogue.retirements(type) };
  }

  /** The catalogue is the same for all environments of a platform. */
  private writtenType(typeKey: string, { platform, kind }: TypeQuery): TypeRef {
    const type = { platform: this.platforms.meantToWrite(platform), kind, typeKey };
    assertAllowedAt({ platform: type.platform, environment: '*' });
    return type;
  }
}
