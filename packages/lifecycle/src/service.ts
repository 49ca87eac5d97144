/** Something that runs between start and stop. */
export interface Service {
  readonly name: string;
  /** Resolves when it is ready. On failure nothing of it is left running. */
  start(): Promise<void>;
  /** Resolves when nothing of it runs any more. May be called twice, and without a start. */
  stop(): Promise<void>;
}
