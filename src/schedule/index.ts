/** Every recurring job of the service; refuses to run one twice at once. */
export { Periodic } from './periodic.ts';
