import { startTcpProxy, type ProxyLink, type TcpProxy } from '@resonate/testkit';

export type Lost = 'requests' | 'answers' | null;

/**
 * A proxy in front of one server, which fails on demand. A connection that has lost bytes cannot continue, so it is cut when
 * the fault ends.
 */
export class FaultyNetwork {
  /** The URL of the server through this proxy. */
  readonly url: string;
  readonly #proxy: TcpProxy;
  readonly #carriesWakeups: (greeting: string) => boolean;
  readonly #wakeups = new WeakSet<ProxyLink>();
  readonly #greeted = new WeakSet<ProxyLink>();
  readonly #damaged = new Set<ProxyLink>();
  #loses: Lost = null;
  #wakeupsAre: 'well' | 'silent' | 'broken' = 'well';

  private constructor(url: string, proxy: TcpProxy, carriesWakeups: (greeting: string) => boolean) {
    this.url = url;
    this.#proxy = proxy;
    this.#carriesWakeups = carriesWakeups;
    proxy.rules = {
      toServer: (data, link) => {
        this.#meet(link, data);
        if (this.#wakeupsAre === 'broken' && this.#wakeups.has(link)) link.cut();
        else if (this.#loses === 'requests' || this.#isSilent(link)) this.#damaged.add(link);
        else link.sendToServer(data);
      },
      toClient: (data, link) => {
        if (this.#loses === 'answers' || this.#isSilent(link)) this.#damaged.add(link);
        else link.sendToClient(data);
      },
    };
  }

  /** @param carriesWakeups whether a connection is for wake-ups, judged by its first bytes. */
  static async before(serverUrl: string, carriesWakeups: (greeting: string) => boolean): Promise<FaultyNetwork> {
    const url = new URL(serverUrl);
    const proxy = await startTcpProxy(url.hostname, Number(url.port));
    url.port = String(proxy.port);
    return new FaultyNetwork(url.href, proxy, carriesWakeups);
  }

  /** From now on the connections of wake-ups carry nothing, but stay open. */
  silenceWakeups(): void {
    this.#wakeupsAre = 'silent';
  }

  /** From now on every connection of wake-ups breaks, as when its server is stopped. */
  breakWakeups(): void {
    this.#wakeupsAre = 'broken';
    for (const link of this.#proxy.links) if (this.#wakeups.has(link)) link.cut();
  }

  healWakeups(): void {
    this.#wakeupsAre = 'well';
    this.#cutDamaged();
  }

  /** From now on, requests to the server or its answers are lost. Null ends the fault. */
  lose(what: Lost): void {
    this.#loses = what;
    if (what === null) this.#cutDamaged();
  }

  /** Directs new connections to another server. */
  leadTo(serverUrl: string): void {
    const { hostname, port } = new URL(serverUrl);
    this.#proxy.target = { host: hostname, port: Number(port) };
  }

  stop(): Promise<void> {
    return this.#proxy.stop();
  }

  #meet(link: ProxyLink, data: Buffer): void {
    if (this.#greeted.has(link)) return;
    this.#greeted.add(link);
    if (this.#carriesWakeups(data.toString('latin1'))) this.#wakeups.add(link);
  }

  #isSilent(link: ProxyLink): boolean {
    return this.#wakeupsAre === 'silent' && this.#wakeups.has(link);
  }

  #cutDamaged(): void {
    for (const link of this.#damaged) link.cut();
    this.#damaged.clear();
  }
}
