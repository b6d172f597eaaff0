import { login } from './login.js';

/** Starts the GraphQL console with the examples of the role that is signed in, or of visitors. */
const session = JSON.parse(sessionStorage.getItem('aceso.session') ?? 'null');
const examples = await fetch('/assets/examples.json').then((response) => response.json());
const role = session?.role ?? 'public';
/** Stands in the pane of headers for the token of the persona, which lives for minutes and stays out of the browser's storage. */
const TOKEN_OF_PERSONA = `Bearer token of ${session?.name}`;
const RENEWED_BEFORE_MS = 60_000;

/** The token of the persona, by a login of its own where it ends. */
async function currentToken() {
  if (new Date(session.expiresAt) - Date.now() < RENEWED_BEFORE_MS) {
    const personas = await fetch('/personas.json').then((response) => response.json());
    Object.assign(session, await login(personas.find(({ name }) => name === session.name)));
    sessionStorage.setItem('aceso.session', JSON.stringify(session));
  }
  return session.token;
}

const send = window.fetch.bind(window);
if (session) {
  window.fetch = async (input, init) => {
    const request = new Request(input, init);
    if (request.headers.get('authorization') === TOKEN_OF_PERSONA) {
      request.headers.set('authorization', `Bearer ${await currentToken()}`);
    }
    return send(request);
  };
}

const headers = session ? { Authorization: TOKEN_OF_PERSONA } : {};
const [first, ...others] = examples.filter((example) => example.role === role);

window.AltairGraphQL.init({
  endpointURL: new URL('/graphql', location.href).href,
  instanceStorageNamespace: `aceso_${role}_`,
  preserveState: session !== null, // what a visitor types may hold a token, what a persona types does not
  disableAccount: true,
  persistedSettings: { 'schema.reloadOnStart': true },
  // The last one is open.
  initialWindows: [...others, first].map((example) => ({
    initialName: example.name,
    initialQuery: example.query,
    initialVariables: JSON.stringify(example.variables ?? {}, null, 2),
    initialHeaders: headers,
  })),
  initialHeaders: headers,
});
