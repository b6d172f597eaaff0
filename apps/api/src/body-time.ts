import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { UPLOAD_ROUTE } from './upload-bodies';

/** How long bodies may be under way, in milliseconds. */
export interface BodyTimes {
  /** A body that is no upload has arrived by then. */
  readonly bodyMs: number;
  /** So often a sender of an upload is looked at: one that sent nothing since the last time is gone. */
  readonly uploadIdleMs: number;
  /** What is left of a body may take so long after the request was answered without it. */
  readonly answeredMs: number;
}

const TIMED_OUT = 'HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';

const BODY_TIMES: BodyTimes = { bodyMs: 30_000, uploadIdleMs: 30_000, answeredMs: 5_000 };

/**
 * Closes connections whose body does not come to its end, with 408 (RFC 9110 section 15.5.9). Node's own `requestTimeout`
 * is one for the whole server, and uploads may take hours.
 */
export function limitBodyTime(server: FastifyInstance, times = BODY_TIMES): void {
  server.addHook('onRequest', (request, reply, done) => {
    if (hasBody(request)) {
      if (isUpload(request)) closeWhenIdle(request.raw, reply.raw, times.uploadIdleMs);
      else closeWhenLate(request.raw, reply.raw, times.bodyMs);
    }
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    if (hasBody(request)) closeWhenLate(request.raw, reply.raw, times.answeredMs);
    done();
  });
}

/** RFC 9112 section 6: a request has a body when one of these headers says so. Requests that tests inject have no connection. */
function hasBody({ headers, raw }: FastifyRequest): boolean {
  if (!(raw.socket instanceof Socket)) return false;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

const isUpload = ({ method, routeOptions }: FastifyRequest): boolean =>
  method === 'PUT' && routeOptions.url === UPLOAD_ROUTE;

function closeWhenLate(request: IncomingMessage, response: ServerResponse, milliseconds: number): void {
  if (hasArrived(request)) return;
  const timer = setTimeout(() => close(request, response), milliseconds).unref();
  const stop = (): void => clearTimeout(timer);
  request.once('end', stop).once('close', stop);
}

/** Bytes that arrived and wait for us are no silence of the sender. */
function closeWhenIdle(request: IncomingMessage, response: ServerResponse, milliseconds: number): void {
  let seen = request.socket.bytesRead;
  const timer = setInterval(() => {
    const { bytesRead } = request.socket;
    if (bytesRead === seen && request.readableLength === 0) close(request, response);
    seen = bytesRead;
  }, milliseconds).unref();
  const stop = (): void => clearInterval(timer);
  request.once('end', stop).once('close', stop);
}

const hasArrived = ({ complete, readableEnded }: IncomingMessage): boolean => complete || readableEnded;

function close(request: IncomingMessage, response: ServerResponse): void {
  if (hasArrived(request)) return;
  const { socket } = request;
  if (response.headersSent || !socket.writable) socket.destroy();
  else socket.end(TIMED_OUT, () => socket.destroy());
}
