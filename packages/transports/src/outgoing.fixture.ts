import { executeMessage, parseAddress, type Message } from '@resonate/protocol';
import type { Outgoing } from './transport.ts';

const EXECUTE = executeMessage('http://localhost:8001', 'w', 1);

/** What a dispatcher passes to a transport for a message to this address. */
export function to(address: string, message: Message = EXECUTE): Outgoing {
  return { address, target: parseAddress(address)?.target ?? '', message, body: JSON.stringify(message) };
}
