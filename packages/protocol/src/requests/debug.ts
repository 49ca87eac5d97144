import { z } from 'zod';
import * as field from '../fields.ts';

/** The `data` of each `debug.*` kind (protocol section 5). Only a server with `--debug` accepts these kinds. */

const nothing = z.object({});

export const debugStart = nothing;
export const debugStop = nothing;
export const debugReset = nothing;
export const debugSnap = nothing;
export const debugTick = z.object({ time: field.time });
