export { forgetHome } from './forget-home';
export { openInstance } from './open-instance';
export type { OpenInstance } from './open-instance';
export { keepOrigin, withKeptOrigin } from './origin';
export { markRestore, unmarkRestore } from './restore-mark';
export { startServices } from './start-services';
export type { Services, StartOptions, Witnessing, WitnessStart } from './start-services';
