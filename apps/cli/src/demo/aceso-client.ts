import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { DomainError } from '@aceso/kernel';
import { DemoError } from './demo.errors';

interface GraphqlAnswer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** The API refused; `code` is the stable code of its answer, or the HTTP status. */
export class ApiRefusal extends DomainError {}

/** The headers by which a party is known, made anew for each request. */
export type Authorize = (method: string, url: string) => Promise<Record<string, string>>;

/** Talks to one Aceso over its public HTTP API and nothing else. */
export class AcesoClient {
  private constructor(
    readonly baseUrl: string,
    readonly origin: string,
  ) {}

  static async connect(baseUrl: string): Promise<AcesoClient> {
    const probe = new AcesoClient(baseUrl, '');
    const { status } = await probe.graphql<{ status: { origin: string } }>('{ status { origin } }');
    return new AcesoClient(baseUrl, status.origin);
  }

  async graphql<Data>(query: string, variables: Record<string, unknown> = {}, authorize?: Authorize): Promise<Data> {
    const url = `${this.baseUrl}/graphql`;
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(await authorize?.('POST', url)) },
      body: JSON.stringify({ query, variables }),
    });
    const answer = (await response.json()) as GraphqlAnswer;
    const refusal = answer.errors?.[0];
    if (refusal) throw new ApiRefusal(refusal.extensions?.code ?? 'UNKNOWN', refusal.message);
    return answer.data as Data;
  }

  /** Streams a file to an upload that was opened before. */
  async put(putUrl: string, file: string, authorize: Authorize): Promise<void> {
    const { size } = await stat(file);
    const url = new URL(putUrl, this.baseUrl);
    const response = await fetch(url, {
      method: 'PUT',
      headers: {
        ...(await authorize('PUT', url.href)),
        'content-type': 'application/octet-stream',
        'content-length': String(size),
      },
      // undici takes a Node stream as a body; the DOM types do not say so.
      body: createReadStream(file) as unknown as ReadableStream,
      duplex: 'half',
    } as RequestInit);
    if (!response.ok) throw new ApiRefusal(String(response.status), await response.text());
  }

  async get(path: string, authorize: Authorize): Promise<Response> {
    const url = new URL(path, this.baseUrl);
    const response = await fetch(url, { headers: await authorize('GET', url.href) });
    if (!response.ok) throw new ApiRefusal(String(response.status), await response.text());
    return response;
  }
}

/** Runs work on items with bounded concurrency, in order of the items. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++)
      results[index] = await work(items[index] as Item, index);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
  return results;
}

/** Asks again until the answer is there; gives up after `timeoutMs` with what was waited for. */
export async function waitFor<Answer>(
  what: string,
  ask: () => Promise<Answer | undefined>,
  { everyMs = 150, timeoutMs = 900_000 } = {},
): Promise<Answer> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline)
      throw new DemoError('DEMO_TIMED_OUT', `waited ${timeoutMs / 1000} s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
