import { randomUUID } from 'node:crypto';
import { request, type OutgoingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { waitFor } from '../../../apps/cli/src/demo/aceso-client';
import type { PartyClient } from '../../../apps/cli/src/demo/party-client';
import type { Counts } from '../../../apps/cli/src/demo/sale';

export interface Finding {
  readonly line: number;
  readonly entry?: number;
  readonly verdict: string;
  readonly code: string;
  readonly path?: string;
}

/** What became of one file. */
export interface Taken {
  readonly id: string;
  readonly state: string;
  readonly resources: Counts;
  readonly lines: Counts;
  readonly report: string;
  readonly findings: readonly Finding[];
}

export interface Reply {
  readonly status: number;
  readonly code: string | undefined;
}

const COUNTS = '{ accepted unchanged quarantined refused }';
const OPEN = 'mutation($input: OpenUploadInput!) { openUpload(input: $input) { id putUrl } }';
const START = 'mutation($id: ID!, $key: String!) { startIngest(uploadId: $id, idempotencyKey: $key) { id } }';
const INGEST = `query($id: ID!) { ingest(id: $id) { state reportUrl resources ${COUNTS} lines ${COUNTS} } }`;

/** One provider that sends files byte by byte, as well-meaning and other programs would. */
export class Sender {
  constructor(
    readonly provider: PartyClient,
    private readonly baseUrl: string,
  ) {}

  async open(bytes?: number): Promise<{ id: string; putUrl: string }> {
    const input = { idempotencyKey: randomUUID(), ...(bytes === undefined ? {} : { bytes }) };
    return (await this.provider.run<{ openUpload: { id: string; putUrl: string } }>(OPEN, { input })).openUpload;
  }

  async start(uploadId: string): Promise<string> {
    const variables = { id: uploadId, key: randomUUID() };
    return (await this.provider.run<{ startIngest: { id: string } }>(START, variables)).startIngest.id;
  }

  /** Sends a file and waits for what becomes of it. */
  async take(content: Uint8Array | Iterable<Uint8Array>): Promise<Taken> {
    const { id, putUrl } = await this.open();
    const { status, code } = await this.put(putUrl, content);
    if (status !== 204) throw new Error(`the upload was refused: ${status} ${code}`);
    return this.ended(await this.start(id));
  }

  /** Sends bytes as they come, chunked unless a length is claimed; as somebody else where a token is given. */
  async put(
    url: string,
    content: Uint8Array | Iterable<Uint8Array>,
    { length, token }: { length?: number; token?: string } = {},
  ): Promise<Reply> {
    const headers: OutgoingHttpHeaders = {
      authorization: `Bearer ${token ?? (await this.provider.bearer())}`,
      'content-type': 'application/octet-stream',
      ...(length === undefined ? {} : { 'content-length': length }),
    };
    // A connection of its own: one on which less was sent than claimed can carry nothing else.
    const sending = request(new URL(url, this.baseUrl), { method: 'PUT', headers, agent: false });
    const reply = new Promise<Reply>((resolve, reject) => {
      sending.on('error', reject);
      sending.on('response', async (response) => {
        const text = Buffer.concat(await response.toArray()).toString('utf8');
        const body = (text === '' ? {} : JSON.parse(text)) as { error?: { code: string } };
        resolve({ status: response.statusCode ?? 0, code: body.error?.code });
      });
    });
    const parts = content instanceof Uint8Array ? [content] : content;
    // A refusal may come before everything was sent: the reply counts, not the broken pipe.
    await Promise.race([pipeline(Readable.from(parts, { objectMode: false }), sending).catch(() => undefined), reply]);
    return reply;
  }

  private async ended(id: string): Promise<Taken> {
    const ingest = await waitFor('the ingest', async () => {
      const answer = await this.provider.run<{ ingest: Omit<Taken, 'id' | 'findings'> & { reportUrl: string } }>(
        INGEST,
        {
          id,
        },
      );
      return ['DONE', 'FAILED'].includes(answer.ingest.state) ? answer.ingest : undefined;
    });
    const headers = { authorization: `Bearer ${await this.provider.bearer()}` };
    const report = await (await fetch(new URL(ingest.reportUrl, this.baseUrl), { headers })).text();
    const findings = report
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => JSON.parse(line) as Finding);
    return { ...ingest, id, report, findings };
  }
}
