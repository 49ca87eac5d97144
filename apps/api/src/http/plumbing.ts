import type { Response } from 'express';
import type { Bodies } from './bodies.ts';

/** What endpoints need of the HTTP server that they are mounted on. */
export interface Plumbing {
  bodies: Bodies;
  /** Told how many bytes an answer has. */
  answered: (response: Response, bytes: number) => void;
}
