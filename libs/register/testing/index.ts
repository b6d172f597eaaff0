export { boundPatient, CONTACT, createErasures } from './bound-patient';
export type { BoundPatient } from './bound-patient';
export { addProvider, ndjson, RegisterKit } from './register-kit';
export type { RegisterParts, ReportFinding } from './register-kit';
export { startStandaloneRegister } from './standalone';
export type { StandaloneRegister } from './standalone';
export { AccessKit } from './access-kit';
