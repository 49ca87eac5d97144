import { z } from 'zod';
import * as field from '../fields.ts';

/** What a client may send in `data` of each `debug.*` kind; only served with `--debug` (protocol section 5). */

const nothing = z.object({});

export const debugStart = nothing;
export const debugStop = nothing;
export const debugReset = nothing;
export const debugSnap = nothing;
export const debugTick = z.object({ time: field.time });
