import { type DynamicModule, Module } from '@nestjs/common';
import { AlertController } from './alert.controller.ts';
import { AlertSender } from './alert.sender.ts';
import { AlertWatcher } from './alert.watcher.ts';
import { ALERTING_OPTIONS, type AlertingOptions } from './alerting.options.ts';
import { Alerts } from './alerts.ts';

/** Tells somebody when the health of a target changes. */
@Module({ controllers: [AlertController], providers: [Alerts, AlertSender, AlertWatcher] })
export class AlertingModule {
  static forRoot(options: AlertingOptions, analytics: DynamicModule): DynamicModule {
    return {
      module: AlertingModule,
      imports: [analytics],
      providers: [{ provide: ALERTING_OPTIONS, useValue: options }],
    };
  }
}
