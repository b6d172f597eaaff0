import type { AcesoClient } from '../../../apps/cli/src/demo/aceso-client';
import type { PartyClient } from '../../../apps/cli/src/demo/party-client';
import { leavesOf, type SourcePerson } from './source-persons';

interface Cast {
  readonly client: AcesoClient;
  readonly provider: PartyClient;
  readonly researcher: PartyClient;
  readonly officer: PartyClient;
  readonly patient: PartyClient;
}

/** Sends what names a person to where it is refused, in every way that values travel; gives the codes of the refusals. */
export async function provokeRefusals(cast: Cast, person: SourcePerson): Promise<(string | undefined)[]> {
  const { client, provider, researcher, officer, patient } = cast;
  const [record] = person.resources;
  const texts = [...leavesOf(record)].map(([, value]) => String(value)).join(' ');
  const whole = JSON.stringify(record);
  const codes: (string | undefined)[] = [];
  const send = async (path: string, init: RequestInit, party?: PartyClient): Promise<void> => {
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (party !== undefined) headers['authorization'] = `Bearer ${await party.bearer()}`;
    const answer = (await (await fetch(`${client.baseUrl}${path}`, { ...init, headers })).json()) as Refusal;
    codes.push(answer.error?.code ?? answer.errors?.[0]?.extensions.code);
  };
  const ask = (party: PartyClient, query: string, variables: object) =>
    send('/graphql', { method: 'POST', body: JSON.stringify({ query, variables }) }, party);
  const statement = 'mutation($text: String!) { register(statement: $text) { id } }';
  await ask(patient, statement, { text: whole });
  await ask(patient, 'mutation($text: String!) { bind(statement: $text, code: $text) { sourceRecord } }', {
    text: texts,
  });
  await ask(patient, 'mutation($text: ID!) { decline(request: $text, version: 1) { request } }', { text: texts });
  await ask(patient, 'mutation($input: ContactInput!) { saveContact(input: $input) }', {
    input: { name: texts.repeat(9) },
  });
  await ask(patient, 'mutation($input: ContactInput!) { saveContact(input: $input) }', { input: { [texts]: record } });
  await ask(provider, 'query($ids: [String!]!) { sourceRecordsByLocalId(localIds: $ids) { sourceRecord } }', {
    ids: record,
  });
  await ask(provider, 'query($id: ID!) { upload(id: $id) { id } }', { id: person.localIds[0] });
  await ask(researcher, 'query($text: String!) { cohortCount(criteria: $text) { suppressed } }', { text: whole });
  await ask(researcher, 'query($text: String!) { order(id: $text) { id } }', { text: texts });
  await ask(researcher, 'query($text: String!) { myOrders(after: $text) { edges { cursor } } }', { text: texts });
  const decide = `mutation($id: ID!, $decision: Decision!) {
    decideRequest(id: $id, version: 1, decision: $decision, reason: "none", idempotencyKey: "k") { id } }`;
  await ask(officer, decide, { id: person.localIds[0], decision: texts });
  await send('/graphql', { method: 'POST', body: `{"query": ${whole}` });
  for (const path of ['orders/%/package', 'ingests/%/report', 'docs/%', '%']) {
    await send(`/${path.replace('%', encodeURIComponent(texts.slice(0, 100)))}`, {}, researcher);
  }
  return codes;
}

interface Refusal {
  readonly error?: { readonly code: string };
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}
