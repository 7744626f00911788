import './compiled-code.ts';

// Not above: imports are compiled before the first of them runs.
await import('./service.ts');
