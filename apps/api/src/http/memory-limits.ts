import type { Response } from 'express';
import type { Bodies } from './bodies.ts';

/** The limits of memory that every endpoint with bodies must respect. */
export interface MemoryLimits {
  bodies: Bodies;
  /** Must be called with the size of each answer, bytes. */
  answered: (response: Response, bytes: number) => void;
}
