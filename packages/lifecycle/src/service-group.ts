import type { Logger } from '@resonate/observability';
import type { Service } from './service.ts';

/** Several services as one: started in order, stopped in reverse order or, with `stopsAtOnce`, all together. */
export class ServiceGroup implements Service {
  readonly name: string;
  readonly #services: readonly Service[];
  readonly #logger: Logger;
  readonly #stopsAtOnce: boolean;
  readonly #started: Service[] = [];
  #starting: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | null = null;

  constructor(name: string, services: readonly Service[], logger: Logger, { stopsAtOnce = false } = {}) {
    this.name = name;
    this.#services = services;
    this.#logger = logger;
    this.#stopsAtOnce = stopsAtOnce;
  }

  /**
   * Starts the services. If one fails, the services that started before it are stopped, and the group rejects with the
   * error. A group can be started only once.
   */
  start(): Promise<void> {
    this.#starting = this.#startAll();
    return this.#starting;
  }

  async #startAll(): Promise<void> {
    for (const service of this.#services) {
      if (this.#stopping) throw new Error(`${this.name} was stopped while it started`);
      try {
        await service.start();
        this.#started.push(service);
      } catch (error) {
        await this.#stopStarted().catch(() => {});
        throw error;
      }
    }
  }

  /**
   * May be called while the group starts; then no further service is started. All services are stopped, even if one
   * fails to stop. The group then rejects with the errors.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#starting.catch(() => {}).then(() => this.#stopStarted());
    return this.#stopping;
  }

  async #stopStarted(): Promise<void> {
    const errors: unknown[] = [];
    const stop = async (service: Service) => {
      try {
        await service.stop();
      } catch (error) {
        this.#logger.error('service did not stop cleanly', { service: service.name, error });
        errors.push(error);
      }
    };
    if (this.#stopsAtOnce) await Promise.all(this.#started.splice(0).map(stop));
    for (let service = this.#started.pop(); service; service = this.#started.pop()) await stop(service);
    if (errors.length > 0) throw new AggregateError(errors, `${this.name} did not stop cleanly`);
  }
}
