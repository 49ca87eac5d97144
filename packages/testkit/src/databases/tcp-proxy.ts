import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** One connection through a proxy. */
export interface ProxyLink {
  sendToServer(data: Buffer): void;
  sendToClient(data: Buffer): void;
  /** Breaks the client's side. The server is not told, as in a network failure. */
  cutClient(): void;
  /** Breaks both sides. */
  cut(): void;
}

/** What to do with data. Without a rule it is forwarded. */
export interface ProxyRules {
  toServer?(data: Buffer, link: ProxyLink): void;
  toClient?(data: Buffer, link: ProxyLink): void;
}

export interface TcpProxy {
  port: number;
  /** Where new connections are forwarded to. */
  target: { host: string; port: number };
  rules: ProxyRules;
  links: ReadonlySet<ProxyLink>;
  stop(): Promise<void>;
}

/** A TCP proxy on 127.0.0.1 that can lose, hold and count what passes through it: a network that fails on demand. */
export async function startTcpProxy(host: string, port: number): Promise<TcpProxy> {
  const links = new Set<ProxyLink>();
  const server = createServer((client) => {
    const upstream = connect(proxy.target.port, proxy.target.host);
    let tellsServer = true;
    const link: ProxyLink = {
      sendToServer: (data) => {
        if (upstream.writable) upstream.write(data);
      },
      sendToClient: (data) => {
        if (client.writable) client.write(data);
      },
      cutClient: () => {
        tellsServer = false;
        client.resetAndDestroy();
      },
      cut: () => {
        client.resetAndDestroy();
        upstream.resetAndDestroy();
      },
    };
    links.add(link);
    client.on('data', (data) => (proxy.rules.toServer ? proxy.rules.toServer(data, link) : link.sendToServer(data)));
    upstream.on('data', (data) => (proxy.rules.toClient ? proxy.rules.toClient(data, link) : link.sendToClient(data)));
    client.on('end', () => upstream.end());
    // A process that is killed with unread answers resets its connection, which then emits no 'end'.
    client.on('close', () => tellsServer && upstream.end());
    upstream.on('end', () => client.end());
    upstream.on('close', () => {
      links.delete(link);
      client.destroy();
    });
    for (const socket of [client, upstream]) prepare(socket);
  });
  const proxy: TcpProxy = {
    port: 0,
    target: { host, port },
    rules: {},
    links,
    stop: () => {
      for (const link of links) link.cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy.port = (server.address() as AddressInfo).port;
  return proxy;
}

/** Sends data without delay, and ignores errors: broken connections are expected here, and 'close' handles their end. */
function prepare(socket: Socket): void {
  socket.setNoDelay(true);
  socket.on('error', () => {});
}
