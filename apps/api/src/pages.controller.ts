import { dirname, join } from 'node:path';
import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { printSchema } from 'graphql';
import { Access } from '@aceso/platform/graphql';
import { CONSOLE_POLICY, PAGE_POLICY } from './security-headers';
import { folderAbove, sendText, StaticFiles } from './static-files';

const HTML = 'text/html; charset=utf-8';
/** The console is a package of static files: nothing is loaded from another host. */
const consoleFolder = (): string => join(dirname(require.resolve('altair-static')), 'dist');

const CONSOLE_TEXTS = 'assets/i18n/en-US.json';
const CONSOLE_GREETING = 'Ezio my friend, how may I be of service?';

/** The pages that come with the api: landing page, GraphQL console, schema and reference texts. */
@Access('public')
@Controller()
export class PagesController {
  private readonly assets = new StaticFiles(folderAbove('apps/api/assets'));
  private readonly console = new StaticFiles(consoleFolder());
  private readonly reference = new StaticFiles(folderAbove('docs/reference'));
  private readonly consolePage = toConsolePage(this.console.read('index.html'));

  constructor(private readonly schemaHost: GraphQLSchemaHost) {}

  @Get()
  home(@Req() request: FastifyRequest, @Res() reply: FastifyReply): FastifyReply {
    reply.header('content-security-policy', PAGE_POLICY);
    return this.assets.send(request, reply, 'index.html');
  }

  @Get('assets/:name')
  asset(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('name') name: string): FastifyReply {
    return this.assets.send(request, reply, name);
  }

  @Get('graphiql')
  graphiql(@Req() request: FastifyRequest, @Res() reply: FastifyReply): FastifyReply {
    reply.header('content-security-policy', CONSOLE_POLICY);
    return sendText(request, reply, { type: HTML, content: this.consolePage });
  }

  @Get('graphiql/*')
  consoleFile(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('*') name: string): FastifyReply {
    if (name === '') return this.graphiql(request, reply);
    reply.header('content-security-policy', CONSOLE_POLICY);
    if (name === CONSOLE_TEXTS) {
      const content = this.console.read(name).replace(CONSOLE_GREETING, 'Send a request to see its answer here.');
      return sendText(request, reply, { type: 'application/json; charset=utf-8', content });
    }
    return this.console.send(request, reply, name);
  }

  /** The schema in its own language, with every description. */
  @Get('schema.graphql')
  schema(@Req() request: FastifyRequest, @Res() reply: FastifyReply): FastifyReply {
    const content = printSchema(this.schemaHost.schema);
    return sendText(request, reply, { type: 'text/plain; charset=utf-8', content });
  }

  @Get('docs/:name')
  doc(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('name') name: string): FastifyReply {
    return this.reference.send(request, reply, name);
  }
}

/** Puts the console under its path and lets our own script start it. */
function toConsolePage(html: string): string {
  return html
    .replace('<base href="/" />', '<base href="/graphiql/" />')
    .replace('<title>Altair</title>', '<title>Aceso: GraphQL console</title>')
    .replace('</head>', '<link rel="stylesheet" href="/assets/console.css" /></head>')
    .replace('</body>', '<script type="module" src="/assets/console.js"></script></body>');
}
