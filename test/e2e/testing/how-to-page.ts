import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a reader finds under a heading of a page: documents to send, and what is shown as their answer. */
export interface PageSection {
  readonly graphql: readonly string[];
  /** Lines of each block of text. */
  readonly text: readonly (readonly string[])[];
}

/** Sections of a page of docs/how-to by their headings. */
export function howToSections(page: string): ReadonlyMap<string, PageSection> {
  const [, ...parts] = readFileSync(join(process.cwd(), 'docs/how-to', page), 'utf8').split(/^## /m);
  return new Map(
    parts.map((part) => {
      const heading = part.slice(0, part.indexOf('\n'));
      const blocks = (language: string): string[] =>
        [...part.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(([, block]) => block!);
      return [
        heading,
        { graphql: blocks('graphql'), text: blocks('text').map((block) => block.trimEnd().split('\n')) },
      ];
    }),
  );
}
