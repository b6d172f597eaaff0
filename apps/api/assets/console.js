/** Starts the GraphQL console with the examples of the role that is signed in, or of visitors. */
const session = JSON.parse(sessionStorage.getItem('aceso.session') ?? 'null');
const examples = await fetch('/assets/examples.json').then((response) => response.json());
const role = session?.role ?? 'public';
const headers = session ? { Authorization: `Bearer ${session.token}` } : {};

window.AltairGraphQL.init({
  endpointURL: new URL('/graphql', location.href).href,
  instanceStorageNamespace: `aceso_${role}_`,
  preserveState: false, // tokens are short-lived and stay out of the browser's storage
  disableAccount: true,
  initialWindows: examples
    .filter((example) => example.role === role)
    .map((example) => ({
      initialName: example.name,
      initialQuery: example.query,
      initialVariables: JSON.stringify(example.variables ?? {}, null, 2),
      initialHeaders: headers,
    })),
  initialHeaders: headers,
});
