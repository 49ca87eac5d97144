import { z } from 'zod';
import * as field from '../fields.ts';

/** The `data` of each `debug.*` kind (protocol section 5). Only a server with `--debug` accepts these kinds. */

const nothing = z.object({});

export const debugStartData = nothing;
export const debugStopData = nothing;
export const debugResetData = nothing;
export const debugSnapData = nothing;
export const debugTickData = z.object({ time: field.time });
