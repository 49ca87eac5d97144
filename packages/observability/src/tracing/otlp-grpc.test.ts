import { afterEach, expect, test } from '@jest/globals';
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { silentLogger } from '../logger.ts';
import { startTracing } from './start-tracing.ts';

let collector: Http2Server | undefined;

afterEach(() => {
  collector?.close();
});

test('spans arrive at a collector that speaks OTLP over gRPC', async () => {
  const exported = Promise.withResolvers<{ path: string | undefined; body: string }>();
  collector = createServer();
  collector.on('stream', (stream: ServerHttp2Stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      exported.resolve({ path: headers[':path'], body: Buffer.concat(chunks).toString('latin1') });
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      // One empty message: no compression, no bytes.
      stream.end(Buffer.alloc(5));
    });
  });
  await new Promise<void>((resolve) => collector?.listen(0, '127.0.0.1', resolve));
  const endpoint = `127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const attributes = { 'service.name': 'resonate-server' };
  const tracing = await startTracing({ endpoint, protocol: 'grpc', percent: 100, attributes, logger: silentLogger });
  tracing.start({ name: 'promise.create', kind: 'server' }).end();
  await tracing.close();
  const { path, body } = await exported.promise;
  expect(path).toBe('/opentelemetry.proto.collector.trace.v1.TraceService/Export');
  expect(body).toContain('resonate-server');
  expect(body).toContain('promise.create');
});
