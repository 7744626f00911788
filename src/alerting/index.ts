/** Tells a webhook when a condition changes; refuses addresses inside the network by default. */
export type { AlertingOptions, AlertTarget } from './alerting.options.ts';
export { AlertSender } from './alert.sender.ts';
export { AlertWatcher } from './alert.watcher.ts';
export { AlertingModule } from './alerting.module.ts';
export { NoAlertTargetError } from './alert.errors.ts';
export { type Alert, Alerts } from './alerts.ts';
