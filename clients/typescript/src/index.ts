export { WebSocketNetwork, type WebSocketNetworkOptions } from './websocket-network.ts';
