import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, relative, sep } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { EdgeError } from '@aceso/platform/graphql';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.graphql': 'text/plain; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
};

interface StaticFile {
  readonly path: string;
  readonly type: string;
}

/** The folder of the repository or installation: the one above this file that holds `name`. */
export function folderAbove(name: string): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    if (existsSync(join(folder, name))) return join(folder, name);
    if (folder === dirname(folder)) throw new Error(`the installation lacks ${name}`);
  }
}

/**
 * Files of a folder, listed once: a name that is not in the list does not exist, so no path leads out of the folder.
 * Each answer carries an ETag of the content.
 */
export class StaticFiles {
  readonly #files: ReadonlyMap<string, StaticFile>;

  constructor(folder: string) {
    this.#files = new Map(list(folder, folder));
  }

  /** Answers with a file by its path with forward slashes; NOT_FOUND for others. */
  send(request: FastifyRequest, reply: FastifyReply, name: string): FastifyReply {
    const file = this.#files.get(name);
    if (!file) throw new EdgeError('NOT_FOUND', 'there is no such file');
    return sendText(request, reply, { type: file.type, content: readFileSync(file.path) });
  }

  /** A file's text; NOT_FOUND for others. */
  read(name: string): string {
    const file = this.#files.get(name);
    if (!file) throw new EdgeError('NOT_FOUND', 'there is no such file');
    return readFileSync(file.path, 'utf8');
  }
}

/** Sends content with an ETag; the browser asks again each time and mostly gets 304. */
export function sendText(
  request: FastifyRequest,
  reply: FastifyReply,
  { type, content }: { readonly type: string; readonly content: string | Buffer },
): FastifyReply {
  const tag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
  reply.header('etag', tag).header('cache-control', 'no-cache');
  if (request.headers['if-none-match'] === tag) return reply.code(304).send();
  return reply.type(type).send(content);
}

function* list(folder: string, root: string): Generator<[string, StaticFile]> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const type = CONTENT_TYPES[extname(entry.name)];
    if (entry.isDirectory()) yield* list(path, root);
    else if (entry.isFile() && type) yield [relative(root, path).split(sep).join('/'), { path, type }];
  }
}
