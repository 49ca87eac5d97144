import type { Response } from 'express';
import type { Bodies } from './bodies.ts';

/** The functions of the HTTP server that its endpoints use. */
export interface Plumbing {
  bodies: Bodies;
  /** Must be called with the size of each answer, bytes. */
  answered: (response: Response, bytes: number) => void;
}
