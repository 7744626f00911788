export { AlertingModule } from './alerting.module.ts';
export { NoAlertTargetError } from './alert.errors.ts';
export { Alerts, type Alert } from './alerts.ts';
export { AlertSender } from './alert.sender.ts';
export { AlertWatcher } from './alert.watcher.ts';
export type { AlertingOptions, AlertTarget } from './alerting.options.ts';
