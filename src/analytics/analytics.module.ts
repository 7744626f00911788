import { Module } from '@nestjs/common';

/** What the history says: rates, patterns, health. Needs TrackingModule, and the migrations of the service. */
@Module({})
export class AnalyticsModule {}
