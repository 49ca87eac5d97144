import { startTcpProxy, type ProxyLink, type TcpProxy } from '@resonate/testkit';

export type Lost = 'requests' | 'answers' | null;

/**
 * The way to one server, which fails on demand. What was lost on a connection can't be made up for, so it ends when the
 * fault does.
 */
export class FaultyNetwork {
  /** The server's, through here. */
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

  /** @param carriesWakeups by the first bytes of a connection, which name what it is for. */
  static async before(serverUrl: string, carriesWakeups: (greeting: string) => boolean): Promise<FaultyNetwork> {
    const url = new URL(serverUrl);
    const proxy = await startTcpProxy(url.hostname, Number(url.port));
    url.port = String(proxy.port);
    return new FaultyNetwork(url.href, proxy, carriesWakeups);
  }

  /** From now on nothing comes over the connections of wake-ups, though they stay open. */
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

  /** What goes to the server, or what it answers, is lost from now on; null ends that. */
  lose(what: Lost): void {
    this.#loses = what;
    if (what === null) this.#cutDamaged();
  }

  /** Leads new connections to another server. */
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
