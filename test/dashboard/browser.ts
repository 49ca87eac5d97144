import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

/** Debian's Chromium. CHROMIUM_PATH names another one. */
const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const WIDE = { width: 1280, height: 800 };
export const PHONE = { width: 360, height: 740 };

export interface ViewerOptions {
  /** A token that is entered in advance. Without it, the page asks for a token if it needs one. */
  token?: string;
  viewport?: { width: number; height: number };
  colorScheme?: 'light' | 'dark';
}

/** One browser for a suite. Every viewer has its own profile. */
export class TestBrowser {
  readonly #browser: Browser;
  readonly #url: string;

  private constructor(browser: Browser, url: string) {
    this.#browser = browser;
    this.#url = url;
  }

  /** @param url of the server. */
  static async launch(url: string): Promise<TestBrowser> {
    const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
    return new TestBrowser(await chromium.launch({ executablePath: CHROMIUM, args }), url);
  }

  async viewer({ token, viewport = WIDE, colorScheme = 'light' }: ViewerOptions = {}): Promise<Viewer> {
    const context = await this.#browser.newContext({ viewport, colorScheme, baseURL: this.#url });
    context.setDefaultTimeout(20_000);
    if (token !== undefined) {
      await context.addInitScript(`sessionStorage.setItem('resonate.token', ${JSON.stringify(token)})`);
    }
    return new Viewer(context, await context.newPage());
  }

  close(): Promise<void> {
    return this.#browser.close();
  }
}

/** A page of the browser that shows the dashboard. */
export class Viewer {
  readonly page: Page;
  /** Errors of scripts, violations of the content security policy, and dialogs of injected scripts. There must be none. */
  readonly faults: string[] = [];
  readonly #context: BrowserContext;

  constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    page.on('pageerror', ({ message }) => this.faults.push(message));
    page.on('dialog', (dialog) => {
      this.faults.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) this.faults.push(message.text());
    });
  }

  /** Goes to a page and waits until its data is shown. @param path such as `/ui/promises` */
  async open(path: string): Promise<void> {
    await this.page.goto(path);
    await this.settled();
  }

  /** Waits until the page has its heading and shows no "loading". */
  async settled(): Promise<void> {
    // One locator for both, because a page may show "loading" in several places.
    await this.page.locator('main:not(:has(.loading)) h1').waitFor();
  }

  /**
   * Serious and critical violations that axe finds, as `rule: elements`.
   * @param within a selector; axe takes far less time for a part of the page
   */
  async violations(within = 'html'): Promise<string[]> {
    await this.page.evaluate(`window.axe ? undefined : (() => { ${AXE} })()`);
    // Animations are cancelled, because axe would measure colours that are still fading in.
    const run = `document.getAnimations().forEach((animation) => animation.cancel());
      axe.run(${JSON.stringify({ include: [within] })}, { resultTypes: ['violations'] })`;
    const { violations } = await this.page.evaluate<{
      violations: { id: string; impact: string; nodes: { target: string[]; failureSummary: string }[] }[];
    }>(run);
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes.map((node) => `${node.target.join(' ')} (${node.failureSummary})`).join(', ')}`,
      );
  }

  close(): Promise<void> {
    return this.#context.close();
  }
}
