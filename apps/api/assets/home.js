import { ask, login } from './login.js';

const ROLE_TEXTS = {
  patient: 'Patient: sees own records, decides, earns',
  researcher: 'Research center: counts, asks, pays, receives',
  provider: 'Provider: sends records, attests bindings',
  physician: 'Physician: reads what patients permit',
  officer: 'Compliance officer: reviews requests and emergencies',
};

const element = (id) => document.getElementById(id);

async function showState() {
  const ready = await fetch('/readyz').then(
    (response) => response.ok,
    () => false,
  );
  element('health').textContent = ready ? 'ready' : 'not ready';
  try {
    const { status } = await ask('{ status { origin ledgerSize root } }');
    element('origin').textContent = status.origin;
    element('ledger-size').textContent = String(status.ledgerSize);
    element('ledger-root').textContent = status.root;
  } catch {
    for (const id of ['origin', 'ledger-size', 'ledger-root']) element(id).textContent = 'not available';
  }
}

async function enter(persona) {
  const state = element('persona-state');
  const buttons = document.querySelectorAll('.persona');
  buttons.forEach((button) => (button.disabled = true));
  state.textContent = `Signing in as ${persona.name}`;
  try {
    const { token, expiresAt } = await login(persona);
    const { name, role } = persona;
    // Of this tab only, and gone when it closes.
    sessionStorage.setItem('aceso.session', JSON.stringify({ token, expiresAt, name, role }));
    location.assign('/graphiql');
  } catch (error) {
    state.textContent = `Not signed in: ${error.message}. Signing needs Ed25519 in WebCrypto and a page from localhost or https.`;
    buttons.forEach((button) => (button.disabled = false));
  }
}

async function showPersonas() {
  const response = await fetch('/personas.json');
  if (!response.ok) return;
  const list = element('persona-list');
  for (const persona of await response.json()) {
    const button = Object.assign(document.createElement('button'), { className: 'persona', type: 'button' });
    const name = Object.assign(document.createElement('strong'), { textContent: persona.name });
    const role = Object.assign(document.createElement('span'), { textContent: ROLE_TEXTS[persona.role] });
    button.append(name, role);
    button.addEventListener('click', () => enter(persona));
    const item = document.createElement('li');
    item.append(button);
    list.append(item);
  }
  element('personas').hidden = false;
}

await Promise.all([showState(), showPersonas()]);
