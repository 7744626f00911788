import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** The metrics of one application: a process may have several, as tests do. */
@Injectable()
export class MetricsRegistry extends Registry {
  constructor() {
    super();
    collectDefaultMetrics({ register: this });
  }

  /** A gauge without labels; with `read` it is looked at when it is asked for. */
  gauge(name: string, help: string, read?: () => number): Gauge {
    const collect = read && (() => gauge.set(read()));
    const gauge: Gauge = new Gauge({ name, help, registers: [this], ...(collect && { collect }) });
    return gauge;
  }
}
