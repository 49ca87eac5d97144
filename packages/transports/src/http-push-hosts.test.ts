import { expect, test } from '@jest/globals';
import { AllowedHosts } from './http-push-hosts.ts';

test.each([
  [[], 'http://anywhere/', true],
  [['workers.example.com'], 'https://workers.example.com/x', true],
  [['workers.example.com'], 'http://WORKERS.example.com.:8080/x', true],
  [['workers.example.com'], 'https://a.workers.example.com/', false],
  [['workers.example.com'], 'https://workers.example.com.evil.org/', false],
  [['workers.example.com'], 'https://workers.example.com@evil.org/', false],
  [['*.example.com'], 'https://a.b.example.com/', true],
  [['*.example.com'], 'https://example.com/', false],
  [['*.example.com'], 'https://evilexample.com/', false],
  [['10.0.0.5:9000'], 'http://10.0.0.5:9000/', true],
  [['10.0.0.5:9000'], 'http://10.0.0.5:9001/', false],
  [['10.0.0.5:9000'], 'http://0xa000005:9000/', true],
  [['example.com:443'], 'https://example.com/', true],
  [['example.com:80'], 'http://example.com/', true],
  [['example.com:80'], 'https://example.com/', false],
  [['[::1]'], 'http://[::1]:3000/', true],
  [['[::1]:3000'], 'http://[0:0:0:0:0:0:0:1]:3000/', true],
  [['[::1]:3000'], 'http://[::1]/', false],
  [['a', 'Bücher.example'], 'http://xn--bcher-kva.example/', true],
])('hosts %j and target %s: allowed %j', (patterns, url, allowed) => {
  expect(new AllowedHosts(patterns).allows(new URL(url))).toBe(allowed);
});
