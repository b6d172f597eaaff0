import { serveJobs } from '@aceso/platform/threads';

type Bundle = { readonly entry: readonly { readonly resource: unknown }[] };

/** A thread that parses lines and writes their resources again, all of them at each task: gives the characters written. */
serveJobs<readonly string[], null, number>((lines) => () => ({ result: parseAndStringify(lines) }));

function parseAndStringify(lines: readonly string[]): number {
  let characters = 0;
  for (const line of lines) {
    for (const { resource } of (JSON.parse(line) as Bundle).entry) characters += JSON.stringify(resource).length;
  }
  return characters;
}
