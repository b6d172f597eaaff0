/**
 * Writes docs/reference/errors.md (every `…ErrorCode` union of the sources) and docs/reference/graphql-examples.md (the
 * examples that the console offers). With `--check` it writes nothing and fails when a file differs.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file) => readFileSync(join(root, file), 'utf8');

const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'libs', 'apps'], {
  cwd: root,
  encoding: 'utf8',
});
const sources = listed
  .split('\n')
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && existsSync(join(root, file)))
  .sort();

/** Unions of string literals and of names of such unions; a union may be put together from others of its file. */
const UNION = /type (\w+) =\s*((?:\s*\|?\s*(?:'[A-Z0-9_]+'|\w+))+);/g;

/** Mean the same wherever they are said; every other code belongs to one context. */
const SHARED = ['NOT_FOUND'];

/** Code → contexts that declare it. */
function declaredCodes() {
  const codes = new Map();
  for (const file of sources) {
    const text = read(file).replace(/\/\*\*[\s\S]*?\*\//g, ''); // a member may be explained
    if (!/type \w+ErrorCode =/.test(text)) continue;
    const context = /^libs\/([^/]+)/.exec(file)?.[1] ?? file.split('/').slice(0, 2).join('/');
    const found = [...text.matchAll(UNION)].flatMap(([, , body]) => [...body.matchAll(/'([A-Z0-9_]+)'/g)]);
    for (const code of new Set(found.map(([, name]) => name))) codes.set(code, [...(codes.get(code) ?? []), context]);
  }
  return new Map([...codes].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Where the text of a code stands: in what is thrown, in a call that throws it, or else in a comment at its declaration, for
 * codes whose text is put together from parts.
 */
const SAYINGS = [
  /Error\(\s*'(?<code>[A-Z0-9_]+)',\s*(?<quote>['"`])(?<text>[\s\S]*?)(?<!\\)\k<quote>/g,
  /\(\s*'(?<code>[A-Z0-9_]+)',\s*(?<quote>['"`])(?<text>[^'"`]*?\s[\s\S]*?)(?<!\\)\k<quote>/g,
  /\/\*\* (?<text>[^*]+) \*\/\s*\|?\s*'(?<code>[A-Z0-9_]+)'/g,
];

/** What is said with a code where it is first said; what varies is left out. */
function messages() {
  const said = new Map();
  const texts = sources.map(read);
  for (const form of SAYINGS) {
    for (const { groups } of texts.flatMap((source) => [...source.matchAll(form)])) {
      if (!said.has(groups.code)) said.set(groups.code, plain(groups.text));
    }
  }
  return said;
}

function plain(text) {
  const constant = text.replace(/\$\{[^}]*\}/g, '…').replace(/\\(.)/g, '$1');
  return constant.replace(/\s+/g, ' ').replaceAll('|', '\\|');
}

function errorsText() {
  const codes = declaredCodes();
  const twice = [...codes]
    .filter(([code, contexts]) => contexts.length > 1 && !SHARED.includes(code))
    .map(([code]) => code);
  if (twice.length > 0) throw new Error(`codes are unique over all contexts, but these are not: ${twice.join(', ')}`);
  const said = messages();
  const rows = [...codes].map(
    ([code, contexts]) => `| \`${code}\` | ${contexts.join(', ')} | ${said.get(code) ?? ''} |`,
  );
  return `# Error codes

A refusal has a code that stays and a text that may change: branch on the code. GraphQL answers carry it in
\`errors[].extensions.code\`, REST answers in \`{"error": {"code", "message"}}\`. \`INTERNAL\` is a failure on our side; its
\`errorId\` is the id of a log line. REST status by code: 401 \`UNAUTHENTICATED\`, 403 \`FORBIDDEN\`, \`ACTOR_STOPPED\` and \`PARTY_NOT_ACTIVE\`, 404 \`NOT_FOUND\` and codes that
end with it, 409 \`IDEMPOTENCY_…\` and \`PACKAGE_RENEWING\`, 413 \`REQUEST_TOO_LARGE\`, 415 \`REQUEST_FORM_REFUSED\`, 416
\`RANGE_NOT_SATISFIABLE\`, 429 \`FETCH_LIMIT_REACHED\`, 500 \`INTERNAL\`, otherwise 400.

Made by \`npm run reference\` from the sources; \`test/repository/reference.spec.ts\` compares.

| Code | Context | What it says |
| --- | --- | --- |
${rows.join('\n')}
`;
}

const ROLES = {
  public: 'Without a token',
  patient: 'Patient',
  researcher: 'Research center',
  provider: 'Provider',
  physician: 'Physician',
  officer: 'Compliance officer',
};

function examplesText() {
  const examples = JSON.parse(read('apps/api/assets/examples.json'));
  const sections = Object.entries(ROLES).map(([role, title]) => {
    const parts = examples
      .filter((example) => example.role === role)
      .map(({ name, query, variables }) => {
        const shown = variables ? `\n\nVariables:\n\n\`\`\`json\n${JSON.stringify(variables, null, 2)}\n\`\`\`` : '';
        return `### ${name}\n\n\`\`\`graphql\n${query}\n\`\`\`${shown}`;
      });
    return parts.length === 0 ? '' : `## ${title}\n\n${parts.join('\n\n')}\n`;
  });
  return `# GraphQL examples

Send them to \`POST /graphql\` as \`{"query", "variables"}\` with \`content-type: application/json\` and, except for the first
section, \`authorization\` with the token from \`login\` and the proof that belongs to it. The console at \`/graphiql\` offers the same ones after a persona
login. Statements are composed and signed by the client: \`docs/reference/statements.md\`.

Made by \`npm run reference\` from \`apps/api/assets/examples.json\`; each one is checked against the schema.

${sections.filter(Boolean).join('\n')}`;
}

const style = await resolveConfig(join(root, 'package.json'));
const formatted = (text) => format(text, { ...style, parser: 'markdown' });
const files = {
  'docs/reference/errors.md': await formatted(errorsText()),
  'docs/reference/graphql-examples.md': await formatted(examplesText()),
};
const stale = Object.entries(files).filter(([file, text]) => !existsSync(join(root, file)) || read(file) !== text);
if (process.argv.includes('--check')) {
  if (stale.length > 0) {
    process.stderr.write(`not up to date: ${stale.map(([file]) => file).join(', ')} (npm run reference)\n`);
    process.exit(1);
  }
} else {
  for (const [file, text] of stale) writeFileSync(join(root, file), text);
}
