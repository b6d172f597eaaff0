import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Controller, Get, Header, Inject } from '@nestjs/common';
import { z } from 'zod';
import { CONFIG, type Config } from '@aceso/platform';
import { Access, EdgeError, ROLES } from '@aceso/platform/graphql';

/** Written by the demo; seeds of synthetic people, so that a visitor can act as one of them. */
const Personas = z.array(
  z.object({
    name: z.string().max(100),
    role: z.enum(ROLES),
    did: z.string().max(100),
    /** The Ed25519 seed, base64url: a published key signs for nobody real. */
    seed: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  }),
);
export type Personas = z.infer<typeof Personas>;

/** The people of the demo. Without demo mode there is no such address, whatever files lie about. */
@Access('public')
@Controller()
export class PersonasController {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  @Get('personas.json')
  @Header('cache-control', 'no-store')
  async personas(): Promise<Personas> {
    const file = this.config.demo ? await this.read() : undefined;
    if (file === undefined) throw new EdgeError('NOT_FOUND', 'there are no personas here');
    return Personas.parse(JSON.parse(file));
  }

  private async read(): Promise<string | undefined> {
    try {
      return await readFile(join(this.config.home, 'personas.json'), 'utf8');
    } catch {
      return undefined; // the demo has not come that far
    }
  }
}
