import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface TcpProxy {
  /** The server's URL with the proxy's port. */
  url: string;
  /** From now on the open connections carry no data, and neither end notices, as if a firewall dropped all packets. */
  silence(): void;
  /** The number of open connections. */
  connections(): number;
  stop(): Promise<void>;
}

/** A proxy to a server. Its connections can be cut without either end noticing. */
export async function startProxy(serverUrl: string): Promise<TcpProxy> {
  const target = new URL(serverUrl);
  const pairs = new Set<[Socket, Socket]>();
  const proxy = createServer((client) => {
    const server = connect({ host: target.hostname, port: Number(target.port) });
    const pair: [Socket, Socket] = [client, server];
    pairs.add(pair);
    for (const socket of pair) socket.on('error', () => socket.destroy());
    client.on('close', () => pairs.delete(pair));
    client.pipe(server).pipe(client);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = new URL(serverUrl);
  url.port = String((proxy.address() as AddressInfo).port);
  return {
    url: url.href,
    silence: () => {
      for (const socket of [...pairs].flat()) {
        socket.unpipe();
        socket.pause();
      }
    },
    connections: () => pairs.size,
    stop: async () => {
      const closed = new Promise((resolve) => proxy.close(resolve));
      for (const socket of [...pairs].flat()) socket.destroy();
      await closed;
    },
  };
}
