import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { TypeQuery } from '#http';
import { PlatformRegistry } from '#platform';
import { Catalogue } from './catalogue.ts';
import { ContentTypeParams } from './content-type.dto.ts';
import { RetirementListDto, RetirementRequestDto } from './retirement.dto.ts';

@ApiTags('content types')
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
  @HttpCode(200)
  async retire(
    @Param() { typeKey }: ContentTypeParams,
    @Query() { platform, kind }: TypeQuery,
    @Body() request: RetirementRequestDto,
  ): Promise<RetirementListDto> {
    const type = { platform: this.platforms.meantToWrite(platform), kind, typeKey };
    await this.catalogue.retire(type, request);
    return { items: await this.catalogue.retirements(type) };
  }

  /** Brings a retired content type back. Answers with its retirements. */
  @Post(':typeKey/reinstate')
  @HttpCode(200)
  async reinstate(
    @Param() { typeKey }: ContentTypeParams,
    @Query() { platform, kind }: TypeQuery,
    @Body() request: RetirementRequestDto,
  ): Promise<RetirementListDto> {
    const type = { platform: this.platforms.meantToWrite(platform), kind, typeKey };
    await this.catalogue.reinstate(type, request);
    return { items: await this.catalogue.retirements(type) };
  }

  /** Lists when a content type was retired and brought back, by whom and why. */
  @Get(':typeKey/retirements')
  async list(
    @Param() { typeKey }: ContentTypeParams,
    @Query() { platform, kind }: TypeQuery,
  ): Promise<RetirementListDto> {
    return { items: await this.catalogue.retirements({ platform: this.platforms.meant(platform), kind, typeKey }) };
  }
}
