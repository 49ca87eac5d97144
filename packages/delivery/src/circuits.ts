import { backoffMs, type BackoffOptions } from '@resonate/lifecycle';

/**
 * The maximum number of targets that are remembered. Beyond it, the one whose last failure is the oldest is forgotten, as
 * if it had never failed.
 */
const MAX_REMEMBERED = 10_000;

interface Circuit {
  /** Failures since the last success. */
  failures: number;
  /** How often the circuit opened, or stayed open after a probe, since the last success. 0 if it is closed. */
  openings: number;
  openedAt: number;
  /** When the next probe may be sent. */
  probeAt: number;
  /** When to resume a deferred message as the probe. */
  resumeProbeAt: number;
  /** True if the messages that were due when the circuit opened have been deferred. */
  isDeferred: boolean;
  isProbing: boolean;
  /** The last failure. */
  last: FailedAttempt;
}

/** A failed attempt: the error, and the promise that the message was about. */
export interface FailedAttempt {
  error: string;
  promise: string;
}

/** Maximum length of a stored error. It is limited, because one error is stored for each target. */
const MAX_ERROR = 200;

/** Details of a failure. */
export interface Failed extends Partial<FailedAttempt> {
  /** The wait that the target asked for (Retry-After). An open circuit sends no probe before that. */
  askedMs?: number;
}

export interface CircuitOptions extends BackoffOptions {
  /** Consecutive failures that open a circuit. */
  failures: number;
}

/** What to do with the messages of a target. */
export type Advice =
  | 'deliver'
  /** Deliver one message, to test the target. */
  | 'probe'
  /** Deliver nothing before the probe's time. */
  | 'defer'
  /** Do nothing now: the probe is being delivered. */
  | 'leave';

/**
 * A circuit breaker per target. After several consecutive failures the circuit opens. Then one message, the probe, may
 * try the target after a wait that doubles each time. The circuit closes when a message is delivered. Each process has
 * its own circuits.
 */
export class Circuits {
  readonly #options: CircuitOptions;
  /** In the order of their last failures. */
  readonly #circuits = new Map<string, Circuit>();
  #open = 0;

  constructor(options: CircuitOptions) {
    this.#options = options;
  }

  /** Number of targets whose circuit is open. */
  get open(): number {
    return this.#open;
  }

  isOpen(target: string): boolean {
    return (this.#circuits.get(target)?.openings ?? 0) > 0;
  }

  /**
   * @param dueAt due time of the target's earliest message. Normally all messages that were due when the circuit opened
   * are deferred. If `dueAt` is before that, another process has reached the target and resumed its messages, so probe
   * now.
   */
  advise(target: string, dueAt: number, now: number): Advice {
    const circuit = this.#circuits.get(target);
    if (!circuit || circuit.openings === 0) return 'deliver';
    if (circuit.isProbing) return 'leave';
    const wasResumedElsewhere = circuit.isDeferred && dueAt < circuit.openedAt;
    return now >= circuit.probeAt || wasResumedElsewhere ? 'probe' : 'defer';
  }

  /** Call it after the messages that were due for the target were deferred. */
  deferred(target: string): void {
    const circuit = this.#circuits.get(target);
    if (circuit) circuit.isDeferred = true;
  }

  /** The open circuits whose probe is due. The caller resumes one message for each, and then calls `probeResumed`. */
  dueProbes(now: number): string[] {
    return this.#waiting()
      .filter(([, { resumeProbeAt }]) => resumeProbeAt <= now)
      .map(([target]) => target);
  }

  /**
   * Call it after a message of the target was resumed as the probe. If another process takes that message, the probe is
   * due again after another wait.
   */
  probeResumed(target: string, now: number): void {
    const circuit = this.#circuits.get(target);
    if (circuit) circuit.resumeProbeAt = Math.max(circuit.resumeProbeAt, now + this.#waitMs(circuit));
  }

  /** When `dueProbes` returns the next target, epoch ms; null if no circuit waits for a probe. */
  get nextProbeAt(): number | null {
    const times = this.#waiting().map(([, { resumeProbeAt }]) => resumeProbeAt);
    return times.length > 0 ? times.reduce((one, other) => Math.min(one, other)) : null;
  }

  /** Call it when a message is sent as the probe. */
  probing(target: string): void {
    const circuit = this.#circuits.get(target);
    if (circuit) circuit.isProbing = true;
  }

  /** The targets that failed most recently, latest first. @param most the maximum number. */
  failing(most: number): { target: string; failures: number; retryAt: number | null; last: FailedAttempt }[] {
    return [...this.#circuits]
      .reverse()
      .slice(0, most)
      .map(([target, { failures, openings, probeAt, last }]) => ({
        target,
        failures,
        retryAt: openings > 0 ? probeAt : null,
        last,
      }));
  }

  /** @returns whether the circuit is open now. */
  failed(
    target: string,
    isProbe: boolean,
    now: number,
    { askedMs = 0, error = '', promise = '' }: Failed = {},
  ): boolean {
    const circuit = this.#remember(target);
    circuit.failures++;
    circuit.last = { error: error.slice(0, MAX_ERROR), promise };
    const wasOpen = circuit.openings > 0;
    const opens = !wasOpen && circuit.failures >= this.#options.failures;
    if (opens) this.#open++;
    // If another delivery succeeded during the probe, the circuit has closed.
    if (opens || (isProbe && wasOpen)) {
      circuit.openings++;
      circuit.openedAt = now;
      circuit.isProbing = false;
      // Messages that became due since the last deferral are not deferred yet.
      circuit.isDeferred = false;
      circuit.probeAt = Math.max(circuit.probeAt, now + this.#waitMs(circuit));
    }
    circuit.probeAt = Math.max(circuit.probeAt, now + Math.min(askedMs, this.#options.maxMs));
    circuit.resumeProbeAt = Math.max(circuit.resumeProbeAt, circuit.probeAt);
    return circuit.openings > 0;
  }

  /** @returns whether the circuit was open. */
  succeeded(target: string): boolean {
    const circuit = this.#circuits.get(target);
    this.#circuits.delete(target);
    if (!circuit || circuit.openings === 0) return false;
    this.#open--;
    return true;
  }

  /** Call it if the probe was not attempted for a reason unrelated to the target. */
  notTried(target: string): void {
    const circuit = this.#circuits.get(target);
    if (circuit) circuit.isProbing = false;
  }

  #waiting(): [string, Circuit][] {
    if (this.#open === 0) return [];
    return [...this.#circuits].filter(([, { openings, isProbing }]) => openings > 0 && !isProbing);
  }

  #waitMs({ openings }: Circuit): number {
    return backoffMs(openings, this.#options);
  }

  /** The circuit of a target that fails now. */
  #remember(target: string): Circuit {
    const circuit = this.#circuits.get(target) ?? newCircuit();
    // The map keeps the order of insertion, so this moves the target to the end.
    this.#circuits.delete(target);
    this.#circuits.set(target, circuit);
    if (this.#circuits.size > MAX_REMEMBERED) {
      const [oldest] = this.#circuits.keys();
      if (oldest !== undefined) this.succeeded(oldest);
    }
    return circuit;
  }
}

function newCircuit(): Circuit {
  return {
    failures: 0,
    openings: 0,
    openedAt: 0,
    probeAt: 0,
    resumeProbeAt: 0,
    isDeferred: false,
    isProbing: false,
    last: { error: '', promise: '' },
  };
}
