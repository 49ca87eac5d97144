/** Something that can be started and stopped. */
export interface Service {
  readonly name: string;
  /** Resolves when it is ready. If it rejects, nothing is left running. */
  start(): Promise<void>;
  /** Resolves when nothing is left running. May be called twice, and without a start. */
  stop(): Promise<void>;
}
