import type { FastifyInstance } from 'fastify';

/** Where files are sent to: the one route whose bodies may be of any length and take hours. */
export const UPLOAD_ROUTE = '/uploads/:id';

/** Content types of uploads: what a file holds is sniffed, so these only keep Fastify from reading it into memory. */
const STREAMED = [
  'application/octet-stream',
  'application/fhir+json',
  'application/fhir+ndjson',
  'application/ndjson',
  'application/x-ndjson',
  'application/gzip',
  'application/x-gzip',
];

/** Hands bodies of these types to their handler as a stream (`request.body`), of any length. */
export function streamUploads(server: FastifyInstance): void {
  server.addContentTypeParser(STREAMED, (_request, body, done) => done(null, body));
}
